"""Paper 001 §4: Inception-v3 up to "mixed6" + convolution + GAP + dense, trained as `paper_001_vgg16.py`."""

_base_ = "./paper_001_vgg16.py"

model = dict(
    backbone=dict(model_name="inception_v3_conv_gap"),
    mean=[0.5, 0.5, 0.5],
    std=[0.5, 0.5, 0.5],
)
