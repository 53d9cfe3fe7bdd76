"""The lite classifier on the categories of the TBX11K boxes: CAWE within one data set."""

_base_ = "./classifier_lite.py"

label_names = ["ActiveTuberculosis", "ObsoletePulmonaryTuberculosis"]
model = dict(label_names=label_names)
train_dataloader = dict(dataset=dict(label_names=label_names))
val_dataloader = dict(dataset=dict(label_names=label_names))
test_dataloader = val_dataloader
