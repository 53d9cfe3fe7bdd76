"""Measures of all maps on all images, against one image at a time by the functions they are made of."""

from collections import Counter

import numpy as np
import pytest
import torch

from enhance.attention.base import classifier_inputs
from enhance.evaluation.measures.insertion_deletion import area, deletion_curves, insertion_curves
from enhance.evaluation.measures.localization import energy_in_boxes, iou_with_boxes, pointing_game
from enhance.evaluation.measures.perturbation import aopc, image_noise, perturbation_curves
from enhance.evaluation.measures.replacement import predictor
from enhance.evaluation.report import measured as measured_module
from enhance.evaluation.report.batch import all_maps, read_batch
from enhance.evaluation.report.cases import read_cases
from enhance.evaluation.report.measured import measure
from tests.test_enhance.attention_cases import LABELS, SIDE, method_set, settings, write_set

AREAS = ("aopc", "aopc_lerf", "deletion", "insertion")
BOXES = ("pointing", "energy", "box_area", "iou")


@pytest.fixture
def cases(tmp_path):
    write_set(tmp_path)
    return read_cases(tmp_path, "test.json", LABELS)


def alone(both, case, chosen):
    """Measure -> value for each system, of one image."""
    predict = predictor(both.classifier)
    batch = read_batch(both, [case], chosen, predict, {})
    rows = []
    for maps in all_maps(both, batch, chosen.seed):
        row = dict.fromkeys((*AREAS, *BOXES), np.nan)
        if batch.correct[0]:
            common = (predict, batch.images, maps[:, None], batch.targets)
            noise = image_noise(batch.images.shape[1:], [case.place], 0.1, chosen.seed)
            curves = perturbation_curves(predict, batch.images, noise, maps[:, None], batch.targets, 5)
            row["aopc"], row["aopc_lerf"] = (float(aopc(curves[order])) for order in ("morf", "lerf"))
            row["deletion"] = float(area(deletion_curves(*common, chosen.steps)))
            row["insertion"] = float(area(insertion_curves(*common, chosen.steps)))
        if case.boxes:
            boxes = [[value * SIDE for value in box] for box in case.boxes]
            positive = np.maximum(maps[0].numpy(), 0)
            row["pointing"] = pointing_game(positive, boxes)
            row["energy"], row["box_area"] = energy_in_boxes(positive, boxes)
            row["iou"] = iou_with_boxes(positive, boxes, chosen.roi_share)
        scaled = maps[0].double().numpy() - float(maps[0].min())
        scaled /= scaled.max()
        row |= {"score_mean": scaled.mean(), "score_square": (scaled**2).mean()}
        row["roi_size"] = float((maps[0] > chosen.roi_share * maps[0].max()).double().mean())
        rows.append(row)
    return rows


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_every_measure_is_that_of_the_image_alone(tmp_path, cases, batch_size):
    both, chosen = method_set(), settings(tmp_path, batch_size=batch_size, seed=5, threshold=0.52)
    measured = measure(both, cases, chosen)
    assert measured.systems == ["CAM", "Grad-CAM", "CRM", "Random map", "Center Gaussian"]
    arrays = measured.arrays
    assert 2 <= arrays["correct"].sum() <= 5  # so that both kinds are seen
    for index, case in enumerate(cases):
        for system, expected in enumerate(alone(both, case, chosen)):
            got = {name: arrays[name][index, system] for name in expected}
            for name, value in expected.items():
                # Pixels whose values differ by rounding alone change places in the order: the areas of curves see it.
                tolerance = 1e-4 if name in AREAS else 2e-6
                np.testing.assert_allclose(got[name], value, atol=tolerance, err_msg=f"{name} of image {index}")


def test_curves_begin_at_the_probability_of_the_target(tmp_path, cases):
    measured = measure(method_set(), cases, settings(tmp_path))
    arrays = measured.arrays
    of_target = np.take_along_axis(arrays["probabilities"], arrays["targets"][:, None], 1)
    for name in ("morf", "lerf", "deletion_curve"):
        starts = arrays[name][arrays["correct"], :, 0]
        np.testing.assert_array_equal(starts, np.broadcast_to(of_target[arrays["correct"]], starts.shape))
        assert np.isnan(arrays[name][~arrays["correct"]]).all()
    assert arrays["morf"].shape == (7, 5, 4 * 4 + 1)
    assert arrays["deletion_curve"].shape == arrays["insertion_curve"].shape == (7, 5, 7)
    assert (arrays["histogram"].sum(2) == SIDE * SIDE).all()


def test_no_version_of_an_image_is_predicted_twice_and_its_noise_is_drawn_once(tmp_path, cases, monkeypatch):
    both, seen, drawn = method_set(), Counter(), []
    extract, noise = both.classifier.extract_feat, measured_module.image_noise

    def noting(images):
        seen.update(image.numpy().tobytes() for image in images)
        return extract(images)

    def drawing(shape, places, *options):
        drawn.extend(places)
        return noise(shape, places, *options)

    monkeypatch.setattr(both.classifier, "extract_feat", noting)
    monkeypatch.setattr(measured_module, "image_noise", drawing)
    arrays = measure(both, cases, settings(tmp_path)).arrays
    unchanged = {
        image.numpy().tobytes()
        for image in classifier_inputs(both.classifier, [case.image(tmp_path) for case in cases])
    }
    black = np.zeros((1, SIDE, SIDE), np.float32).tobytes()
    assert {seen[image] for image in unchanged} == {1 + len(both.methods)}, "a prediction, and features for each map"
    assert {times for image, times in seen.items() if image not in unchanged and image != black} == {1}
    # CAM and Grad-CAM have regions in common, so there are fewer versions than systems and steps.
    correct = int(arrays["correct"].sum())
    assert len(seen) < correct * 5 * 2 * (15 + 5)
    assert sorted(drawn) == np.flatnonzero(arrays["correct"]).tolist() and correct > 2


def test_mixed_precision_changes_the_curves_alone(tmp_path, cases):
    full, mixed = (measure(method_set(), cases, settings(tmp_path), amp=amp).arrays for amp in (False, True))
    changed = {name for name in full if not np.array_equal(full[name], mixed[name], equal_nan=True)}
    assert changed == {"morf", "lerf", "deletion_curve", "insertion_curve", *AREAS}
    np.testing.assert_array_equal(mixed["morf"][..., 0], full["morf"][..., 0])
    np.testing.assert_allclose(mixed["morf"], full["morf"], atol=0.01)


def test_without_steps_there_is_no_insertion_nor_deletion(tmp_path, cases):
    arrays = measure(method_set(), cases, settings(tmp_path, steps=0)).arrays
    assert {"aopc", "aopc_lerf"} <= arrays.keys()
    assert not {name for name in arrays if "tion" in name and name != "probabilities"}


def test_images_that_cannot_be_read_are_left_out(tmp_path, cases):
    whole = measure(method_set(), cases, settings(tmp_path, batch_size=2))
    for name in ("1", "2", "3"):
        (tmp_path / f"images/{name}.png").write_bytes(b"no image")
    part = measure(method_set(), cases, settings(tmp_path, batch_size=2))
    assert [case.place for case in part.cases] == [0, 4, 5, 6]
    assert list(part.failed) == ["images/1.png", "images/2.png", "images/3.png"]
    for name, values in part.arrays.items():
        if name != "histogram":
            np.testing.assert_allclose(values, whole.arrays[name][[0, 4, 5, 6]], atol=3e-4, err_msg=name)
    with pytest.raises(ValueError, match="none of 2 images could be read; the first: .*1.png"):
        measure(method_set(), cases[1:3], settings(tmp_path))


def test_batches_can_be_watched_and_the_classifier_is_left_as_it_was(tmp_path, cases):
    both, seen = method_set(), []
    both.classifier.train()

    def watch(batches):
        for batch in batches:
            seen.append(len(batch))
            yield batch

    measure(both, cases, settings(tmp_path, batch_size=4), watch)
    assert seen == [4, 3]
    assert both.classifier.training
    assert all(parameter.grad is None for parameter in both.classifier.parameters())


def test_no_correct_image_leaves_the_curves_empty(tmp_path, cases):
    arrays = measure(method_set(), cases, settings(tmp_path, threshold=0.999)).arrays
    assert not arrays["correct"].any()
    assert np.isnan(arrays["aopc"]).all()
    assert torch.from_numpy(arrays["roi_size"]).isfinite().all()
