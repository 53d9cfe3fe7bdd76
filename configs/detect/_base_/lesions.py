"""Data, evaluation and hooks of every detector. A config on top sets the image side, and a leaf the data set folder."""

_base_ = ["../../_base_/default_runtime.py"]
default_scope = "mmdet"
custom_imports = dict(imports=["detect.register", "training.register"])

train_pipeline = [
    dict(type="LoadLesionImage"),
    dict(type="LoadAnnotations", with_bbox=True),
    dict(type="Resize", scale=(512, 512), keep_ratio=True),
    dict(type="RandomFlip", prob=0.5),
    dict(type="PackDetInputs"),
]
test_pipeline = [
    dict(type="LoadLesionImage"),
    dict(type="Resize", scale=(512, 512), keep_ratio=True),
    dict(type="LoadAnnotations", with_bbox=True),
    dict(type="PackDetInputs", meta_keys=("img_id", "img_path", "ori_shape", "img_shape", "scale_factor")),
]
# Images without lesions are kept: LesionDataset sets no filter.
train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=False,  # see training/resume.py
    sampler=dict(type="DefaultSampler", shuffle=True),
    batch_sampler=dict(type="AspectRatioBatchSampler"),
    dataset=dict(
        type="LesionDataset",
        data_root="datasets/rsna",
        ann_file="train.json",
        data_prefix=dict(img=""),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(
        type="LesionDataset",
        data_root="datasets/rsna",
        ann_file="test.json",
        data_prefix=dict(img=""),
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = [dict(type="FROCMetric", fppi=(1, 2, 3, 4), iou_thr=0.5)]
test_evaluator = [dict(type="LesionCocoMetric", metric="bbox"), *val_evaluator]  # AP takes nine times as long as FROC
val_cfg = dict(type="ValLoop")
test_cfg = dict(type="TestLoop")

tta_model = dict(type="DetTTAModel", tta_cfg=dict(nms=dict(type="nms", iou_threshold=0.5), max_per_img=100))

custom_hooks = [dict(type="ClassCountHook"), dict(type="ChannelsLastHook")]
default_hooks = dict(visualization=dict(type="DetVisualizationHook"))
visualizer = dict(type="DetLocalVisualizer", vis_backends=[dict(type="LocalVisBackend")], name="visualizer")
