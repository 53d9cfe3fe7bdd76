"""FROCMetric and the COCO metric beside it give the numbers that the report gives for the results file."""

import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler

from detect.froc.detections import read_results
from detect.froc.evaluation import evaluate
from detect.froc.ground_truth import read_ground_truth
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results
from detect.metrics import FROCMetric, LesionCocoMetric

CATEGORIES = {4: "mass", 9: "nodule"}
RATES = (0.5, 1, 2)


@pytest.fixture
def scene(tmp_path: Path) -> tuple[Path, list[dict]]:
    """A COCO file with 13 images, and noisy detections as mmdet's data samples hold them (float32)."""
    rng = np.random.default_rng(0)
    images, annotations, samples = [], [], []
    for image_id in range(100, 113):
        images.append(
            {"id": image_id, "file_name": f"{image_id}.png", "width": 200, "height": 200, "patient_id": f"p{image_id}"}
        )
        boxes, labels = [], []
        for _ in range(rng.integers(0, 4)):
            x, y = rng.uniform(0, 120, 2)
            w, h = rng.uniform(20, 60, 2)
            label = int(rng.integers(0, 2))
            annotation = {"id": len(annotations) + 1, "image_id": image_id, "category_id": list(CATEGORIES)[label]}
            annotations.append(annotation | {"bbox": [x, y, w, h], "area": w * h, "iscrowd": 0})
            for _ in range(2):
                boxes.append(np.array([x, y, x + w, y + h]) + rng.normal(0, 3, 4))
                labels.append(label if rng.random() < 0.8 else 1 - label)
        for _ in range(4):
            corner = rng.uniform(0, 120, 2)
            boxes.append(np.concatenate([corner, corner + rng.uniform(10, 60, 2)]))
            labels.append(int(rng.integers(0, 2)))
        samples.append(sample(image_id, boxes, np.round(rng.random(len(boxes)), 1), labels))  # scores with ties
    samples[5] = sample(105, [], [], [])
    categories = [{"id": k, "name": v} for k, v in CATEGORIES.items()]
    path = tmp_path / "test.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path, samples


def sample(image_id: int, boxes, scores, labels) -> dict:
    instances = {
        "bboxes": torch.tensor(np.array(boxes).reshape(-1, 4), dtype=torch.float32),
        "scores": torch.tensor(np.array(scores), dtype=torch.float32),
        "labels": torch.tensor(labels, dtype=torch.long),
    }
    return {"img_id": image_id, "ori_shape": (200, 200), "pred_instances": instances}


def meta(path: Path) -> dict:
    return {"classes": tuple(CATEGORIES.values()), "ann_file": str(path)}


def run(metric, path: Path, samples: list[dict]) -> dict[str, float]:
    metric.dataset_meta = meta(path)
    for start in range(0, len(samples), 5):
        metric.process({}, samples[start : start + 5])
    return metric.evaluate(len(samples))


def reported(path: Path, predictions: Path, **options) -> tuple[dict[str, float], dict]:
    """What the report says of a results file, under the names of the metric, and the system's whole entry."""
    settings = FrocSettings(fppi=RATES, bootstrap=1, **options)
    truth = read_ground_truth(path)
    system = evaluate(truth, {"x": match_results(truth, read_results(predictions), settings)}, settings)["systems"]["x"]
    values = {f"froc/sens@{rate}": point["value"] for rate, point in system["sens_at"].items()}
    return values | {"froc/mean_sens": system["mean_sensitivity"]}, system


OPTIONS = [
    {},
    {"matching": "center"},
    {"matching": "best-overlap", "iou_thr": 0.6},
    {"duplicates": "ignore"},
    {"classes": "pooled"},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_metric_and_report_agree_on_the_file_that_mmdet_writes(scene, options: dict) -> None:
    path, samples = scene
    got = run(FROCMetric(fppi=RATES, **options), path, samples)
    run(LesionCocoMetric(outfile_prefix=str(path.with_name("predictions"))), path, samples)
    expected, system = reported(path, path.with_name("predictions.bbox.json"), **options)
    assert got == expected
    assert 0 < expected["froc/sens@0.5"] < expected["froc/sens@2"] < 1
    assert system["num_detections"] == sum(len(s["pred_instances"]["scores"]) for s in samples)


def test_each_option_makes_a_difference(scene) -> None:
    """So that an option which the metric drops would be seen above."""
    path, samples = scene
    values = [tuple(run(FROCMetric(fppi=RATES, **options), path, samples).values()) for options in OPTIONS]
    assert len(set(values)) == len(OPTIONS)


@pytest.mark.parametrize("options", OPTIONS)
def test_the_metric_writes_what_the_report_reads(scene, options: dict) -> None:
    path, samples = scene
    prefix = path.parent / "deep" / "own"
    got = run(FROCMetric(fppi=RATES, outfile_prefix=str(prefix), **options), path, samples)
    assert got == reported(path, prefix.with_name("own.bbox.json"), **options)[0]


def test_the_metric_writes_what_mmdet_writes(scene) -> None:
    path, samples = scene
    run(FROCMetric(outfile_prefix=str(path.with_name("own"))), path, samples)
    run(LesionCocoMetric(outfile_prefix=str(path.with_name("mmdet"))), path, samples)
    own, theirs = (json.loads(path.with_name(f"{name}.bbox.json").read_text()) for name in ("own", "mmdet"))
    firsts = {entry["image_id"]: place for place, entry in reversed([*enumerate(own)])}
    named = {place: own[place].pop("file_name") for place in firsts.values()}  # by which FROC knows another set
    assert own == theirs and len(own) > 60
    assert set(named.values()) <= {*read_ground_truth(path).file_names} and len(named) == len(firsts)


def test_detections_that_are_the_lesions_are_all_found(scene) -> None:
    path, samples = scene
    lesions = read_ground_truth(path).lesions
    perfect = []
    for row, old in enumerate(samples):
        mine = np.flatnonzero(lesions.image == row)
        labels = [list(CATEGORIES).index(i) for i in lesions.labels[mine]]
        perfect.append(sample(old["img_id"], lesions.corners[mine], np.ones(len(mine)), labels))
    values = run(FROCMetric(), path, perfect)
    assert values == dict.fromkeys(["froc/sens@1", "froc/sens@2", "froc/sens@3", "froc/sens@4", "froc/mean_sens"], 1.0)
    assert run(LesionCocoMetric(), path, perfect)["coco/bbox_mAP_50"] == 1.0


def test_a_detector_that_finds_nothing_has_zeros(scene) -> None:
    path, samples = scene
    prefix = path.with_name("silent")
    silent = [sample(s["img_id"], [], [], []) for s in samples]
    values = run(FROCMetric(fppi=RATES, outfile_prefix=str(prefix)), path, silent)
    assert set(values.values()) == {0.0} and len(values) == 4
    assert reported(path, path.with_name("silent.bbox.json"))[0] == values


def test_images_without_lesions_are_meant_or_an_error(scene, tmp_path: Path) -> None:
    path, samples = scene
    empty = tmp_path / "empty.json"
    empty.write_text(json.dumps(json.loads(path.read_text()) | {"annotations": []}))
    metric = run(FROCMetric(lesion_free=True, outfile_prefix=str(tmp_path / "out")), empty, samples)
    boxes = sum(len(one["pred_instances"]["scores"]) for one in samples)
    assert metric == {"froc/boxes_per_image": boxes / 13}
    assert len(list(read_results(tmp_path / "out.bbox.json"))) == boxes
    with pytest.raises(ValueError, match="no image has a lesion"):
        run(FROCMetric(), empty, samples)
    with pytest.raises(ValueError, match="should have no lesion"):
        run(FROCMetric(lesion_free=True), path, samples)
    coco = run(LesionCocoMetric(metric="bbox"), empty, samples)
    assert all(value == -1 for value in coco.values())


def test_ground_truth_can_be_given(scene, tmp_path: Path) -> None:
    path, samples = scene
    elsewhere = path.rename(tmp_path / "moved.json")
    assert run(FROCMetric(ann_file=str(elsewhere)), path, samples)["froc/mean_sens"] > 0
    with pytest.raises(FileNotFoundError, match=r"other\.json"):
        run(FROCMetric(ann_file=str(tmp_path / "other.json")), elsewhere, samples)


@pytest.mark.parametrize("wrong", [{"matching": "centre"}, {"iou_thr": 0}, {"fppi": ()}, {"classes": "all"}])
def test_wrong_options_are_refused_before_a_training_begins(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"centre|IoU threshold|rates|classes"):
        FROCMetric(**wrong)


def measure_in_one_of_two(rank: int, path: Path, samples: list[dict], options: dict) -> None:
    """The part of one of two processes: its share of the samples, the result as rank0.json or rank1.json."""
    address = f"file://{path.parent}/rendezvous"
    torch.distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=2)
    metric = FROCMetric(outfile_prefix=str(path.with_name("two")), **options)
    metric.dataset_meta = meta(path)
    order = list(DefaultSampler(samples, shuffle=False))
    for start in range(0, len(order), 3):
        metric.process({}, [samples[i] for i in order[start : start + 3]])
    result = {"order": order, "values": metric.evaluate(len(samples))}
    path.with_name(f"rank{rank}.json").write_text(json.dumps(result))
    torch.distributed.destroy_process_group()


def test_two_processes_give_the_numbers_of_one(scene) -> None:
    """The sampler deals 13 images to two processes and gives the first one again to make them equal in number."""
    path, samples = scene
    options = {"fppi": RATES, "iou_thr": 0.3}
    alone = run(FROCMetric(outfile_prefix=str(path.with_name("one")), **options), path, samples)

    context = multiprocessing.get_context("fork")  # torch is imported already
    workers = [
        context.Process(target=measure_in_one_of_two, args=(rank, path, samples, options), daemon=True)
        for rank in (0, 1)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]

    ranks = [json.loads(path.with_name(f"rank{rank}.json").read_text()) for rank in (0, 1)]
    assert [r["order"] for r in ranks] == [[0, 2, 4, 6, 8, 10, 12], [1, 3, 5, 7, 9, 11, 0]]
    assert [r["values"] for r in ranks] == [alone, alone]
    assert path.with_name("two.bbox.json").read_bytes() == path.with_name("one.bbox.json").read_bytes()
