"""Fixed pseudo-color as `jet.py`: matplotlib's bone, nearly gray with a touch of blue."""

_base_ = "./jet.py"

enhancer = dict(colorizer=dict(colormap="bone"))
