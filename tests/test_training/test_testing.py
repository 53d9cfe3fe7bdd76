"""What a test adds to a config: found by the type of a metric, wherever it stands."""

from pathlib import Path

import pytest
from mmengine.config import Config

from data.errors import MissingFileError, UserError
from training.testing import (
    add_mirror_images,
    check_annotation_files,
    check_names,
    chose_the_epoch,
    expect_no_lesions,
    keep_predictions,
    metrics_of,
    show_in,
)


def config(*metrics: dict, **more) -> Config:
    return Config(dict(test_evaluator=list(metrics), work_dir="work", default_hooks={}, **more))


def options(cfg: Config, name: str) -> list:
    return [metric.get(name) for metric in cfg.test_evaluator]


def test_the_froc_metric_writes_the_boxes_else_a_coco_metric() -> None:
    prefix = str(Path("work/test/predictions"))
    for metrics, expected in [
        ([dict(type="LesionCocoMetric"), dict(type="FROCMetric")], [None, prefix]),
        ([dict(type="FROCMetric", outfile_prefix="own"), dict(type="CocoMetric")], ["own", None]),
        ([dict(type="mmdet.CocoMetric"), dict(type="mmdet.CocoMetric")], [prefix, None]),
        ([dict(type="LesionCocoMetric")], [prefix]),
        ([dict(type="AUROCMetric"), dict(type="detect.FROCMetric")], [None, prefix]),
    ]:
        cfg = config(*metrics)
        keep_predictions(cfg)
        assert options(cfg, "outfile_prefix") == expected
        assert options(cfg, "outfile") == [None] * len(metrics)


def test_the_auroc_metric_writes_scores() -> None:
    cfg = config(dict(type="ClassMetric"), dict(type="AUROCMetric"))
    keep_predictions(cfg)
    assert options(cfg, "outfile") == [None, str(Path("work/test/predictions.json"))]
    alone = Config(dict(test_evaluator=dict(type="AUROCMetric", outfile="own.json"), work_dir="work"))
    keep_predictions(alone)
    assert alone.test_evaluator.outfile == "own.json"


def test_a_type_that_only_ends_alike_is_another_metric() -> None:
    class FROCMetric:
        """A config may name a class itself."""

    cfg = config(dict(type="MyCocoMetric"), dict(type="x.NoFROCMetric"), dict(type=FROCMetric))
    assert [metric.type for metric in metrics_of(cfg, "FROCMetric", "CocoMetric")] == [FROCMetric]


def test_images_without_lesions_are_said_to_the_froc_metric_alone() -> None:
    cfg = config(dict(type="LesionCocoMetric"), dict(type="FROCMetric", iou_thr=0.5))
    expect_no_lesions(cfg)
    assert cfg.test_evaluator == [dict(type="LesionCocoMetric"), dict(type="FROCMetric", iou_thr=0.5, lesion_free=True)]
    with pytest.raises(UserError, match="--lesion-free needs a FROCMetric"):
        expect_no_lesions(config(dict(type="AUROCMetric")))


def test_pictures_go_where_they_are_asked_for(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    cfg = config(dict(type="X"))
    with pytest.raises(UserError, match=r"--show-dir needs default_hooks\.visualization"):
        show_in(cfg, Path("pictures"))
    cfg.default_hooks.visualization = dict(type="DetVisualizationHook")
    show_in(cfg, Path("pictures"))
    expected = dict(type="DetVisualizationHook", draw=True, test_out_dir=str(tmp_path.resolve() / "pictures"))
    assert cfg.default_hooks.visualization == expected


def test_a_test_on_mirror_images_too_begins_with_the_image_itself() -> None:
    pipeline = [dict(type="Load"), dict(type="PackDetInputs", meta_keys=("img_id",))]
    loader = dict(dataset=dict(pipeline=pipeline))
    with pytest.raises(UserError, match="--tta needs tta_model"):
        add_mirror_images(config(dict(type="X"), test_dataloader=loader))
    unpacked = dict(dataset=dict(pipeline=pipeline[:1]))
    with pytest.raises(UserError, match="--tta needs a PackDetInputs"):
        add_mirror_images(config(dict(type="X"), test_dataloader=unpacked, tta_model=dict(type="Both")))
    cfg = config(dict(type="X"), test_dataloader=loader, tta_model=dict(type="Both"), model=dict(type="Net"))
    add_mirror_images(cfg)
    assert cfg.model == dict(type="Both", module=dict(type="Net"))
    first, (flips, (pack,)) = (
        cfg.test_dataloader.dataset.pipeline[0],
        cfg.test_dataloader.dataset.pipeline[1].transforms,
    )
    assert first.type == "Load" and [flip["prob"] for flip in flips] == [0.0, 1.0]
    assert pack.meta_keys == ("img_id", "flip", "flip_direction")


def sides(val: str | None = "val.json", test: str | None = "test.json", root: str = "a", **checkpoint) -> Config:
    loaders = {"val_dataloader": val, "test_dataloader": test}
    keys = {key: dict(dataset=dict(data_root=root, ann_file=name)) for key, name in loaders.items()}
    return Config(dict(default_hooks=dict(checkpoint=checkpoint), **keys))


def test_whether_the_test_images_chose_the_epoch() -> None:
    best = dict(save_best="auroc/mean")
    assert chose_the_epoch(sides("test.json", **best), sides(root="./b/../a"))
    assert not chose_the_epoch(sides(**best), sides())
    assert not chose_the_epoch(sides("test.json", **best), sides(root="b"))
    assert not chose_the_epoch(sides("test.json"), sides())  # the last epoch
    assert not chose_the_epoch(sides(None, **best), sides(test=None))
    assert not chose_the_epoch(Config({}), Config({}))
    wrapped = sides("test.json", **best)
    wrapped.val_dataloader.dataset = dict(type="RepeatDataset", dataset=wrapped.val_dataloader.dataset)
    assert chose_the_epoch(wrapped, sides())


@pytest.mark.parametrize("key", ["classes", "label_names"])
def test_names_have_to_be_those_of_the_training(key: str) -> None:
    check_names({key: ("Mass", "Nodule")}, {key: ["Mass", "Nodule"]})
    check_names({}, {key: ["Mass"]})
    check_names({key: None}, {key: ["Mass"]})
    for other in (["Nodule", "Mass"], ["Mass"], ["Mass", "Fracture"], ["mass", "Nodule"]):
        with pytest.raises(UserError, match=rf"trained on the {key} \['Mass', 'Nodule'\], the data set has .*a.json"):
            check_names({key: ("Mass", "Nodule")}, {key: other, "ann_file": "a.json"})


def test_a_wrong_path_is_found_before_networks_are_loaded(tmp_path):
    (tmp_path / "train.json").write_text("{}")
    sides = {side: dict(dataset=dict(data_root=str(tmp_path), ann_file=f"{side}.json")) for side in ("train", "val")}
    cfg = Config({f"{side}_dataloader": loader for side, loader in sides.items()})
    check_annotation_files(cfg, "train_dataloader", "test_dataloader")  # the second is not there, so it names no file
    with pytest.raises(MissingFileError, match=r"val\.json: no such annotation file; val_dataloader\.dataset"):
        check_annotation_files(cfg, "train_dataloader", "val_dataloader")
