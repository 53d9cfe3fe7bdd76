"""The classifier behind CAWE for the phantom: `classifier_lite.py` with its labels, at 160 px, and more epochs."""

_base_ = "./classifier_lite.py"

data_root = "datasets/demo/classification"
label_names = ["No Finding", "Lung Opacity"]
input_size = 160
model = dict(label_names=label_names, input_size=input_size)
train_dataloader = dict(dataset=dict(data_root=data_root, label_names=label_names, image_size=input_size))
val_dataloader = dict(dataset=dict(data_root=data_root, label_names=label_names, image_size=input_size))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=10)
param_scheduler = [{**step, "T_max": 10} if "T_max" in step else step for step in _base_.param_scheduler]
