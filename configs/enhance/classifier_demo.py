"""The classifier behind CAWE for the phantom: `classifier_small.py` with half the channels and the phantom's labels."""

_base_ = "./classifier_small.py"

data_root = "datasets/demo/classification"
label_names = ["No Finding", "Lung Opacity"]
model = dict(backbone=dict(channels=(32, 64, 128, 256)), label_names=label_names)
train_dataloader = dict(dataset=dict(data_root=data_root, label_names=label_names))
val_dataloader = dict(dataset=dict(data_root=data_root, label_names=label_names))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=14)
param_scheduler = dict(
    type="CosineAnnealingLR", T_max=14, eta_min_ratio=0.02, by_epoch=True, convert_to_iter_based=True
)
_base_.default_hooks.pop("early_stopping")  # the last epochs are the best with a falling learning rate
