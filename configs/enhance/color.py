"""The row "Color" of paper 002, table 1: the colorized image."""

_base_ = "./gray.py"

enhancer = dict(
    colorizer=dict(
        config="configs/colorize_gan/joint.py",
        checkpoint="work_dirs/paper/colorizer/weights.pth",
    ),
)
