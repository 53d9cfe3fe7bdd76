"""`classifier_half.py` for the four classes of the COVID-19 Radiography Database, prepared by its reader.

With a sigmoid, since CAWE needs one; an image is taken for the class of its highest score.
"""

_base_ = "./classifier_half.py"

data = dict(
    data_root="datasets/covid", blank="ignore", label_names=["COVID", "Lung_Opacity", "Normal", "Viral Pneumonia"]
)
model = dict(label_names=data["label_names"])
train_dataloader = dict(dataset=data)
val_dataloader = dict(dataset=data)
test_dataloader = val_dataloader
test_evaluator = [dict(type="AUROCMetric"), dict(type="ClassMetric")]
