"""The classifier behind CAWE: ResNet-50 on CheXpert (paper 002 §3.5).

The paper states ResNet-50, Adam with its default parameters and early stopping. It does not state the input size, the
batch, the handling of uncertain labels, nor pretraining; these are our defaults: 320 px and batch 16 as CheXpert's
authors, uncertain labels out of the loss, ImageNet weights (fetched by name; a local file instead by
`model.backbone.weights=resnet50.pth`). The epoch is chosen on `val.json`, which
`tools/prepare_dataset.py chexpert ... --val-fraction 0.02` splits off the training patients.
"""

_base_ = "../_base_/default_runtime.py"
custom_imports = dict(imports=["enhance.register", "training.register", "data.register"])
inference_imports = ["enhance.register"]

data_root = "datasets/chexpert"
input_size = 320
label_names = [
    "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation",
    "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture", "Support Devices",
]  # fmt: skip

model = dict(
    type="AttentionClassifier",
    backbone=dict(model_name="resnet50", weights="imagenet"),
    label_names=label_names,
    input_size=input_size,
    data_preprocessor=dict(type="BaseDataPreprocessor"),
)
train_dataloader = dict(
    batch_size=16,
    num_workers=4,
    persistent_workers=False,  # see training/resume.py
    sampler=dict(type="DefaultSampler", shuffle=True),
    collate_fn=dict(type="default_collate"),
    dataset=dict(
        type="ImageLabelDataset",
        data_root=data_root,
        ann_file="train.json",
        image_size=input_size,
        label_names=label_names,
        policy="ignore",
        blank={"No Finding": "zeros"},  # 1 or blank in CheXpert: without this it has no negatives
        augment=True,
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False),
    collate_fn=dict(type="default_collate"),
    dataset=dict(
        type="ImageLabelDataset",
        data_root=data_root,
        ann_file="val.json",  # chooses the epoch, so test on others
        image_size=input_size,
        label_names=label_names,
        policy="ignore",
    ),
)
val_evaluator = dict(type="AUROCMetric")
test_dataloader = {**val_dataloader, "dataset": {**val_dataloader["dataset"], "ann_file": "test.json"}}
test_evaluator = val_evaluator

optim_wrapper = dict(optimizer=dict(type="Adam"))
train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=30, val_interval=1)
val_cfg = dict()
test_cfg = dict()

default_hooks = dict(
    checkpoint=dict(save_best="auroc/mean", rule="greater"),
    early_stopping=dict(
        type="ResumableEarlyStoppingHook", monitor="auroc/mean", rule="greater", patience=5, min_delta=1e-3
    ),
)
