"""Fixed pseudo-color in the place of the learned one: matplotlib's jet. Does the color have to be learned?"""

_base_ = "./gray.py"
custom_imports = dict(imports=["colorize_gan.register"])

enhancer = dict(colorizer=dict(type="PseudoColor", colormap="jet"))
