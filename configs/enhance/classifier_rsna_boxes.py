"""The small classifier on which images of the RSNA subset have boxes: CAWE within one data set."""

_base_ = "./classifier_small.py"

label_names = ["Lung Opacity"]
model = dict(label_names=label_names)
train_dataloader = dict(dataset=dict(label_names=label_names))
val_dataloader = dict(dataset=dict(label_names=label_names))
test_dataloader = val_dataloader
