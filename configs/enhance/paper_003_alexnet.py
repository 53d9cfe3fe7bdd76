"""Paper 003 §2.C: AlexNet, pretrained and fine-tuned; what is not here is as in `paper_003_customized.py`.

Stated: a new last layer that learns faster than the rest. Our default: 10 times as fast.
"""

_base_ = "./paper_003_customized.py"

model = dict(backbone=dict(model_name="alexnet_last_conv", weights="imagenet"))
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={"network.head.classifier.6": dict(lr_mult=10)}))
