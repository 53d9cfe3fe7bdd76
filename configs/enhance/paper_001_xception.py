"""Paper 001 §4: Xception up to "add_11" + convolution + GAP + dense, trained as `paper_001_vgg16.py`."""

_base_ = "./paper_001_vgg16.py"

model = dict(
    backbone=dict(model_name="xception_conv_gap"),
    mean=[0.5, 0.5, 0.5],
    std=[0.5, 0.5, 0.5],
)
