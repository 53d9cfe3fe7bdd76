"""Paper 003 §2.B: the customized CNN, from scratch, normal against tuberculosis.

Stated: 227 px, SGD with momentum, learning rate 1e-3, L2 5e-4, the rate divided by 10 when the validation accuracy no
longer improves (three times in all), 15,000 iterations (60 epochs, so 250 iterations per epoch), translations and
rotations, softmax. Our defaults: momentum 0.9, batch 16, five epochs of patience, rotations of +-5 degrees and
translations of +-5 %, the weights with the best validation accuracy.

Prepare with `tools/prepare_dataset.py tuberculosis SRC datasets/tuberculosis --lung-roi --size 1024 --test-fraction 0.1
--val-fraction 0.2`.
Departure: the paper enhances the 1024 x 1024 region by CLAHE, with limits that it does not give; here it is not.
"""

_base_ = "./classifier_paper.py"

data_root = "datasets/tuberculosis"
input_size = 227
label_names = ["Normal", "Tuberculosis"]

model = dict(
    backbone=dict(model_name="lrn_cnn", weights=None),
    label_names=label_names,
    input_size=input_size,
    activation="softmax",
)
data = dict(data_root=data_root, image_size=input_size, label_names=label_names, blank="ignore")
train_dataloader = dict(
    dataset=dict(augment=dict(_delete_=True, degrees=5, shift=0.05, scale=0, light=0, flip=0), **data)
)
val_dataloader = dict(dataset=dict(ann_file="val.json", **data))
test_dataloader = dict(dataset=dict(ann_file="test.json", **data))
val_evaluator = [dict(type="AUROCMetric"), dict(type="ClassMetric")]
test_evaluator = val_evaluator

optim_wrapper = dict(optimizer=dict(_delete_=True, type="SGD", lr=1e-3, momentum=0.9, weight_decay=5e-4))
epoch = 250  # iterations
train_cfg = dict(_delete_=True, type="IterBasedTrainLoop", max_iters=60 * epoch, val_interval=epoch)
param_scheduler = dict(
    type="ReduceOnPlateauLR", monitor="class/accuracy", rule="greater", factor=0.1, patience=5, min_value=1e-6
)
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=epoch, save_best="class/accuracy"))
_base_.default_hooks.pop("early_stopping")
log_processor = dict(by_epoch=False)
