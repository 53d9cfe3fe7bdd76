"""The classifier behind CAWE for some hundred images on a CPU: ResNet-18 from scratch, 128 px, maps of 8 x 8 cells.

`output_stride=16` keeps the maps of a small image fine enough to point at a lesion. Only labels that a set of some
hundred images has often enough are learned. Two sides have to do: `test.json` chooses the epoch too, and the report of
a test on it says so.
"""

_base_ = "./classifier_paper.py"

input_size = 128
label_names = ["No Finding", "Lung Opacity", "Pneumonia"]
model = dict(
    backbone=dict(_delete_=True, model_name="resnet18", in_chans=1, output_stride=16),
    label_names=label_names,
    input_size=input_size,
    mean=[0.5],
    std=[0.25],
)
train_dataloader = dict(num_workers=1, dataset=dict(image_size=input_size, label_names=label_names))
val_dataloader = dict(num_workers=1, dataset=dict(ann_file="test.json", image_size=input_size, label_names=label_names))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=20)
