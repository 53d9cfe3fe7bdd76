"""Paper 004 §2: frozen VGG16 features and a small classifier on the COVID-19 Radiography Database.

Stated: classes down-sampled to the size of the smallest, 80/10/10, frozen features, cross-entropy, Adam, 20 epochs, no
augmentation, the weights with the best validation recall of the three diseases (their mean, we take it). Its 9 x 9
cells and its parameter counts fit the data set's own 299 px. Our defaults: Adam's own learning rate 1e-3 and batch 32,
both Keras's. Departure: the paper samples down before it splits, here each side is sampled down for itself.

Prepare with `tools/prepare_dataset.py covid_radiography SRC datasets/covid --test-fraction 0.1 --val-fraction 0.1`.
"""

_base_ = "./classifier_paper.py"

data_root = "datasets/covid"
input_size = 299
label_names = ["COVID", "Lung_Opacity", "Normal", "Viral Pneumonia"]

model = dict(
    backbone=dict(model_name="vgg16_frozen", weights="imagenet"),
    label_names=label_names,
    input_size=input_size,
    activation="softmax",
)
data = dict(data_root=data_root, image_size=input_size, label_names=label_names, blank="ignore", balance=True)
train_dataloader = dict(batch_size=32, dataset=dict(augment=False, **data))
val_dataloader = dict(dataset=dict(ann_file="val.json", **data))
test_dataloader = dict(dataset=dict(ann_file="test.json", **data))
val_evaluator = [
    dict(type="AUROCMetric"),
    dict(type="ClassMetric", mean_of=["COVID", "Lung_Opacity", "Viral Pneumonia"]),
]
test_evaluator = val_evaluator

optim_wrapper = dict(optimizer=dict(type="Adam", lr=1e-3))
train_cfg = dict(max_epochs=20)
default_hooks = dict(checkpoint=dict(save_best="class/recall/mean"))
_base_.default_hooks.pop("early_stopping")
