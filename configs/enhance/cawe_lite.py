"""CAWE for some hundred to some thousand images: `classifier_lite_nih.py`, and options chosen on training images.

Few of 11 rare labels reach a probability of .5, so all from .2 on count. A large heart is no lesion of the lungs.
"""

_base_ = "./cawe.py"

enhancer = dict(
    attention=dict(threshold=0.2, flip=True, ignore_labels=["No Finding", "Cardiomegaly"]),
    classifier=dict(
        config="configs/enhance/classifier_lite_nih.py",
        checkpoint="work_dirs/nih_lesions/classifier/weights.pth",
    ),
)
