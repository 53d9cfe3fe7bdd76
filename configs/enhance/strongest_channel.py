"""Eq. (7) of paper 002 on the gray image with the strongest channel (paper 003) in the place of CAWE."""

_base_ = "./cawe.py"

enhancer = dict(attention=dict(type="StrongestChannel"), normalization="minmax")
