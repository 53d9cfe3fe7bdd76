"""Color+CAWE for some hundred to some thousand images."""

_base_ = ["./cawe_lite.py"]

enhancer = dict(
    colorizer=dict(
        config="configs/colorize_gan/joint_lite.py",
        checkpoint="work_dirs/nih_lesions/colorizer/weights.pth",
    ),
)
