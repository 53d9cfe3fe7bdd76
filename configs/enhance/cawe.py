"""The row "CAWE" of paper 002, table 1: eq. (7) on the gray image."""

_base_ = "./gray.py"

enhancer = dict(
    alpha=0.5,
    normalization="max",
    attention=dict(type="CAWE"),
    classifier=dict(
        config="configs/enhance/classifier_paper.py",
        checkpoint="work_dirs/paper/classifier/weights.pth",
    ),
)
