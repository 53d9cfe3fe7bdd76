"""Paper 001 §2: seven modalities, VGG16 cut at its last convolution + convolution 512 + GAP + dense.

Stated: 300 px, rotations of +-5 (degrees, we take it), shifts of +-3 (pixels of the 300, we take it), mini-batches of
10, Adam, pretrained weights, hyper-parameters from a random search (learning rate 1e-5 to 1e-1, momentum 0.8 to 0.99,
L2 1e-10 to 1e-1), whose outcome is not given. Our defaults: learning rate 1e-4 ("small weight updates"), Adam's own
momentum, weight decay 1e-6, 20 epochs with early stopping, the weights with the best validation accuracy, softmax.
Departure: images are read as gray. The paper feeds color to its network where there is some.

Prepare with `tools/prepare_dataset.py class_folders SRC datasets/modalities --test-fraction 0.0833 --val-fraction
0.0833` (the paper's 5000, 500 and 500 images per class); the folders of SRC have the names below.
"""

_base_ = "./classifier_paper.py"

data_root = "datasets/modalities"
input_size = 300
label_names = [
    "abdomen_ct", "brain_mri", "cardiac_abdomen_ultrasound", "chest_xray", "fluorescence_microscopy",
    "retinal_funduscopy", "statistical_graphs",
]  # fmt: skip

model = dict(
    backbone=dict(model_name="vgg16_conv_gap", weights="imagenet"),
    label_names=label_names,
    input_size=input_size,
    activation="softmax",
)
data = dict(data_root=data_root, image_size=input_size, label_names=label_names, blank="ignore")
train_dataloader = dict(
    batch_size=10,
    dataset=dict(augment=dict(_delete_=True, degrees=5, shift=3 / 300, scale=0, light=0, flip=0), **data),
)
val_dataloader = dict(dataset=dict(ann_file="val.json", **data))
test_dataloader = dict(dataset=dict(ann_file="test.json", **data))
val_evaluator = [dict(type="AUROCMetric"), dict(type="ClassMetric")]
test_evaluator = val_evaluator

optim_wrapper = dict(optimizer=dict(type="Adam", lr=1e-4, weight_decay=1e-6))
train_cfg = dict(max_epochs=20)
default_hooks = dict(checkpoint=dict(save_best="class/accuracy"), early_stopping=dict(monitor="class/accuracy"))
