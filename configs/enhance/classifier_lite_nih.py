"""The same for NIH ChestX-ray14: the labels that a set of some thousand of its images has often enough."""

_base_ = "./classifier_lite.py"

label_names = [
    "No Finding", "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia",
    "Pneumothorax", "Consolidation", "Edema",
]  # fmt: skip
model = dict(label_names=label_names)
train_dataloader = dict(dataset=dict(label_names=label_names))
val_dataloader = dict(dataset=dict(label_names=label_names))
test_dataloader = val_dataloader
