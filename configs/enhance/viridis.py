"""Fixed pseudo-color as `jet.py`: matplotlib's viridis, whose brightness rises evenly with the gray level."""

_base_ = "./jet.py"

enhancer = dict(colorizer=dict(colormap="viridis"))
