"""The classifier behind CAWE for the phantom: `classifier_small.py` with the phantom's labels and fewer epochs."""

_base_ = "./classifier_small.py"

label_names = ["No Finding", "Lung Opacity"]
data_root = "datasets/demo/classification"
model = dict(label_names=label_names)
train_dataloader = dict(dataset=dict(data_root=data_root, label_names=label_names))
val_dataloader = dict(dataset=dict(data_root=data_root, label_names=label_names))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=8)
