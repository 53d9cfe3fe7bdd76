"""Paper 004 §2: frozen DenseNet201 features and a small classifier, trained as `paper_004_vgg16.py`."""

_base_ = "./paper_004_vgg16.py"

model = dict(backbone=dict(model_name="densenet201_frozen"))
