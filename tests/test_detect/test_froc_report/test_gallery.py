"""The gallery: which images are the worst, and what is drawn on them at a rate."""

import base64
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.froc.matching import Boxes
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results
from detect.froc_report.gallery import LONGEST_SIDE, make_gallery
from tests.test_detect.froc_cases import find, truth


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for index in range(4):
        cv2.imwrite(str(tmp_path / f"images/{index}.png"), np.full((100, 100), 40 * index, np.uint8))
    return tmp_path


def system(entries: list[dict], **options):
    return match_results(truth(), entries, FrocSettings(**options), "x")


def kinds(view) -> list[tuple[str, str]]:
    return [(mark.kind, mark.label) for mark in view.marks]


# Scores on images 0, 1, 2 (one lesion each) and 3 (none). At rate 0.5, two false positives are allowed: threshold 0.6.
ENTRIES = [
    find(0, 0.9),
    find(0, 0.8, False),
    find(1, 0.7),
    find(3, 0.6, False),
    find(1, 0.5, False),
    find(2, 0.4),
]


def test_what_is_drawn_is_what_counts_at_the_rate(folder: Path) -> None:
    gallery = make_gallery(truth(), {"x": system(ENTRIES)}, folder, rate=0.5, number=4)
    assert gallery.thresholds == {"x": 0.6} and gallery.num_images == 4 and gallery.notes == []
    # Worst first: the missed lesion, then one false positive each in the order of the set, then the clean image.
    assert [case.name for case in gallery.cases] == [f"images/{i}.png" for i in (2, 0, 3, 1)]
    views = {case.name[7]: case.views[0] for case in gallery.cases}
    assert kinds(views["2"]) == [("missed", "x")]
    assert kinds(views["0"]) == [("found", "x"), ("hit", "0.90 x"), ("false", "0.80 x")]
    assert kinds(views["3"]) == [("false", "0.60 x")]
    assert kinds(views["1"]) == [("found", "x"), ("hit", "0.70 x")]
    assert list(gallery.key()) == ["found", "missed", "hit", "false"]
    assert [(v.found, v.missed, v.false) for v in views.values()] == [(0, 1, 0), (1, 0, 1), (0, 0, 1), (1, 0, 0)]
    mark = views["0"].marks[2]
    assert (mark.x, mark.y, mark.width, mark.height) == (50, 50, 30, 30)


def test_a_higher_rate_shows_more(folder: Path) -> None:
    gallery = make_gallery(truth(), {"x": system(ENTRIES)}, folder, rate=1, number=4)
    assert gallery.thresholds == {"x": 0.4}
    assert sum(case.views[0].missed for case in gallery.cases) == 0
    assert [case.name for case in gallery.cases][:3] == ["images/0.png", "images/1.png", "images/3.png"]


def test_systems_stand_side_by_side_and_are_bad_together(folder: Path) -> None:
    silent, all_found = system([]), system([find(i, 0.9) for i in range(3)])
    gallery = make_gallery(truth(), {"silent": silent, "x": system(ENTRIES), "all": all_found}, folder, 0.5, 2)
    assert gallery.thresholds["silent"] is None
    assert [case.name for case in gallery.cases] == ["images/2.png", "images/0.png"]
    assert [[v.missed for v in case.views] for case in gallery.cases] == [[1, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(("duplicates", "expected"), [("fp", 1), ("ignore", 0)])
def test_a_second_hit_is_shown_as_it_is_counted(folder: Path, duplicates: str, expected: int) -> None:
    twice = system([find(0, 0.9), find(0, 0.8), find(1, 0.7)], duplicates=duplicates)
    gallery = make_gallery(truth(), {"x": twice}, folder, 1, 4, duplicates)
    view = next(case.views[0] for case in gallery.cases if case.name == "images/0.png")
    assert (view.found, view.false) == (1, expected)
    assert [kind for kind, _ in kinds(view)] == ["found", "hit", "second"]


def test_ignore_regions_and_what_lies_on_them_are_drawn_and_do_not_count(folder: Path) -> None:
    ground_truth = replace(truth(), regions=Boxes(np.array([3]), np.array([[50.0, 50, 80, 80]]), np.array([1])))
    settings = FrocSettings()
    one = match_results(ground_truth, [find(3, 0.9, False), find(0, 0.8)], settings, "x")
    view = make_gallery(ground_truth, {"x": one}, folder, 1, 4).cases[-1].views[0]
    assert [kind for kind, _ in kinds(view)] == ["region", "ignored"] and (view.missed, view.false) == (0, 0)


def test_classes_are_named_by_what_tells_them_apart(folder: Path) -> None:
    ground_truth = replace(truth(), categories={1: "ActiveTB", 2: "Atelectasis", 3: "Active"})
    gallery = make_gallery(ground_truth, {"x": system(ENTRIES)}, folder, 0.5, 1)
    assert gallery.classes == {"ActiveT": "ActiveTB", "At": "Atelectasis", "Active": "Active"}


def test_with_one_category_names_are_left_out(folder: Path) -> None:
    ground_truth = replace(truth(), categories={1: "x"})
    view = make_gallery(ground_truth, {"x": system(ENTRIES)}, folder, 0.5, 2).cases[1].views[0]
    assert kinds(view) == [("found", ""), ("hit", "0.90"), ("false", "0.80")]


def test_a_file_of_another_size_is_noted(folder: Path) -> None:
    cv2.imwrite(str(folder / "images/2.png"), np.zeros((50, 100), np.uint8))
    gallery = make_gallery(truth(), {"x": system(ENTRIES)}, folder, 0.5, 2)
    assert gallery.notes == ["images/2.png: the file has 100 x 50 pixels, the ground truth says otherwise"]
    assert gallery.cases[0].picture


@pytest.mark.parametrize(("rate", "number"), [(0, 1), (-1, 1), (1, 0)])
def test_numbers_out_of_range(folder: Path, rate: float, number: int) -> None:
    with pytest.raises(ValueError, match="give numbers above 0"):
        make_gallery(truth(), {"x": system([])}, folder, rate, number)


def test_pictures_are_embedded_and_not_larger_than_needed(tmp_path: Path) -> None:
    ground_truth = truth()
    ground_truth.sizes[:] = (1600, 800)
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images/0.png"), np.random.default_rng(0).integers(0, 255, (800, 1600), np.uint8))
    cases = make_gallery(ground_truth, {"x": system([])}, tmp_path, 1, 1).cases
    prefix, data = cases[0].picture.split(",")
    assert prefix == "data:image/jpeg;base64"
    image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (LONGEST_SIDE // 2, LONGEST_SIDE, 3)
    assert (cases[0].width, cases[0].height) == (1600, 800)  # boxes stay in the pixels of the stored image


def test_a_broken_image_keeps_its_place_with_the_reason(folder: Path) -> None:
    (folder / "images/2.png").write_bytes(b"no image")
    gallery = make_gallery(truth(), {"x": system(ENTRIES)}, folder, 0.5, 2)
    assert gallery.cases[0].name == "images/2.png" and gallery.cases[0].picture is None
    assert gallery.cases[0].problem and gallery.cases[1].picture
    assert gallery.notes == [f"images/2.png: {gallery.cases[0].problem}"]


def test_the_wrong_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"images/0\.png: no such image; --images is the folder that"):
        make_gallery(truth(), {"x": system([])}, tmp_path, 1, 3)
