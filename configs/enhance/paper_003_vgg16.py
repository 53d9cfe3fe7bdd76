"""Paper 003 §2.C: VGG16, pretrained and fine-tuned; what is not here is as in `paper_003_customized.py`.

Stated: a new last layer that learns faster than the rest. Our default: 10 times as fast. Dropout 0.5 is VGG's own.
"""

_base_ = "./paper_003_customized.py"

model = dict(backbone=dict(model_name="vgg16_last_conv", weights="imagenet", drop_rate=0.5))
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={"network.head.head.fc": dict(lr_mult=10)}))
