"""Paper 003 §2.C: VGG19, trained as `paper_003_vgg16.py`."""

_base_ = "./paper_003_vgg16.py"

model = dict(backbone=dict(model_name="vgg19_last_conv"))
