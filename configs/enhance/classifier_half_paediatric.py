"""`classifier_half.py` for pneumonia of children (Kermany et al. 2018), prepared by the reader `chexpert`."""

_base_ = "./classifier_half.py"

data = dict(data_root="datasets/paediatric", label_names=["No Finding", "Pneumonia"])
model = dict(label_names=data["label_names"])
train_dataloader = dict(dataset=data)
val_dataloader = dict(dataset=data)
test_dataloader = val_dataloader
