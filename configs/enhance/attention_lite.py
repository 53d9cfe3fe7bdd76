"""As `attention.py`, around the lite classifier and with the methods that its head allows: not CAM and CRM."""

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
