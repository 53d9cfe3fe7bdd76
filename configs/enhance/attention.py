"""All attention methods around one classifier, for tools/evaluate_attention.py and tools/visualize_attention.py.

The first method is the one that the others are compared with. `evaluation` says on which images they are measured:
a folder with a COCO file that has image labels (AOPC, insertion and deletion), lesion boxes (pointing game, energy,
overlap), or both. Its other keys, with their defaults, are those of `enhance.evaluation.report.settings`.
"""

_base_ = "./cawe.py"

methods = {
    "CAWE": dict(type="CAWE"),
    "CAM": dict(type="CAM"),
    "Grad-CAM": dict(type="GradCAM"),
    "Grad-CAM++": dict(type="GradCAMPlusPlus"),
    "LayerCAM": dict(type="LayerCAM"),
    "Score-CAM": dict(type="ScoreCAM"),
    "CRM": dict(type="CRM"),
    "Strongest channel": dict(type="StrongestChannel"),
}
evaluation = dict(data_root="datasets/chexpert", ann_file="test.json")
