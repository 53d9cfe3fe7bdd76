"""The row "Color+CAWE" of paper 002, table 1: eq. (7) on the colorized image, with the map of the gray one."""

_base_ = ["./cawe.py"]

enhancer = dict(
    colorizer=dict(
        config="configs/colorize_gan/joint.py",
        checkpoint="work_dirs/paper/colorizer/weights.pth",
    ),
)
