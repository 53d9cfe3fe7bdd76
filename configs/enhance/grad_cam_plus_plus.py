"""Eq. (7) of paper 002 on the gray image with Grad-CAM++ in the place of CAWE."""

_base_ = "./cawe.py"

enhancer = dict(attention=dict(type="GradCAMPlusPlus"))
