"""As `attention.py` around the lite classifier, with the methods that its head allows (CAM and CRM need average pooling)."""

_base_ = "./cawe_lite.py"

methods = {
    "CAWE": _base_.enhancer.attention,
    "Grad-CAM": dict(type="GradCAM"),
    "Grad-CAM++": dict(type="GradCAMPlusPlus"),
    "LayerCAM": dict(type="LayerCAM"),
    "Score-CAM": dict(type="ScoreCAM"),
    "Strongest channel": dict(type="StrongestChannel"),
}
evaluation = dict(data_root="datasets/nih512", ann_file="lesions_test.json")
