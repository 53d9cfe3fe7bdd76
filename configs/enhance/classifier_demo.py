"""The classifier behind CAWE for the phantom: `classifier_lite.py` with the phantom's labels."""

_base_ = "./classifier_lite.py"

data_root = "datasets/demo/classification"
label_names = ["No Finding", "Lung Opacity"]
model = dict(label_names=label_names)
train_dataloader = dict(dataset=dict(data_root=data_root, label_names=label_names))
val_dataloader = dict(dataset=dict(data_root=data_root, label_names=label_names))
test_dataloader = val_dataloader
