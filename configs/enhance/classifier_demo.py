"""The classifier behind CAWE for the phantom: `classifier_small.py` at 128 px, two labels, a few epochs."""

_base_ = "./classifier_small.py"

input_size = 128
label_names = ["No Finding", "Lung Opacity"]
model = dict(label_names=label_names, input_size=input_size)
train_dataloader = dict(dataset=dict(image_size=input_size, label_names=label_names))
val_dataloader = dict(dataset=dict(image_size=input_size, label_names=label_names))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=8)
