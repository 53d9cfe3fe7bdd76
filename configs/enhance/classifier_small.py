"""The classifier behind CAWE for a few hundred images on a CPU: ResNet-18 from scratch, 192 px, 12 x 12 cells.

`output_stride=16` keeps the maps of a small image fine enough to point at a lesion.
"""

_base_ = "./classifier_paper.py"

input_size = 192
model = dict(
    backbone=dict(_delete_=True, model_name="resnet18", pretrained=False, in_chans=1, output_stride=16),
    input_size=input_size,
    mean=[0.5],
    std=[0.25],
)
train_dataloader = dict(batch_size=32, num_workers=1, dataset=dict(image_size=input_size))
val_dataloader = dict(num_workers=1, dataset=dict(image_size=input_size))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=20)
