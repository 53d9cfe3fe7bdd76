"""Eq. (7) of paper 002 on the gray image with Score-CAM in the place of CAWE: a forward pass for each feature map."""

_base_ = "./cawe.py"

enhancer = dict(attention=dict(type="ScoreCAM"))
