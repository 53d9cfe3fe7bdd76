"""Eq. (7) of paper 002 on the gray image with CAM in the place of CAWE; needs average pooling and a linear layer."""

_base_ = "./cawe.py"

enhancer = dict(attention=dict(type="CAM"))
