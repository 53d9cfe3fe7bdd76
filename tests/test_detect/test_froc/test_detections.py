"""COCO results: the stream equals the list, errors and notes help, and memory is that of the numbers."""

import gc
import gzip
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from data.errors import UserError
from detect.froc import detections as module
from detect.froc.detections import Detections, collect_detections, read_results
from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import Boxes
from tests.paths import ROOT

NOTHING = Boxes(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0, np.int64))


def ground_truth(image_ids=(7, 3, 5)) -> GroundTruth:
    """Images of 50 x 50 pixels and two categories, 1 and 2."""
    count = len(image_ids)
    return GroundTruth(
        image_ids=list(image_ids),
        file_names=[f"{i}.png" for i in image_ids],
        sizes=np.full((count, 2), 50.0),
        spacing=np.full((count, 2), np.nan),
        lesions=NOTHING,
        regions=NOTHING,
        groups=[str(i) for i in image_ids],
        grouped_by="image",
        categories={1: "mass", 2: "nodule"},
    )


def detection(image_id=7, category_id=1, bbox=(20, 20, 10, 20), score=0.5) -> dict:
    return {"image_id": image_id, "category_id": category_id, "bbox": list(bbox), "score": score}


def many(count: int) -> list[dict]:
    rng = np.random.default_rng(0)
    return [
        detection(int(rng.choice([7, 3, 5])), int(rng.integers(1, 3)), rng.uniform(0, 25, 4).tolist(), rng.random())
        for _ in range(count)
    ]


def collect(*entries, **options) -> Detections:
    return collect_detections(entries, ground_truth(), "p.json", **options)


def refused(*entries, **options) -> str:
    """The message of the error, after the name of the results."""
    with pytest.raises(ValueError) as error:
        collect(*entries, **options)
    name, _, text = str(error.value).partition(": ")
    assert name == "p.json"
    return text


def listed(found: Detections) -> list:
    boxes = found.boxes
    return [boxes.image.tolist(), boxes.corners.tolist(), boxes.labels.tolist(), found.scores.tolist(), found.notes]


def test_entries_become_arrays_in_their_order() -> None:
    found = collect(detection(3, 2, (1, 2, 3, 4), 0.25), detection(7, 1, (0, 0, 50, 50), -1), detection(5, 1, score=2))
    assert found.boxes.image.tolist() == [1, 0, 2]
    assert found.boxes.corners.tolist() == [[1, 2, 4, 6], [0, 0, 50, 50], [20, 20, 30, 40]]
    assert found.boxes.labels.tolist() == [2, 1, 1]
    assert found.scores.tolist() == [0.25, -1, 2] and found.notes == []


def test_the_stream_of_a_file_equals_the_list(tmp_path: Path) -> None:
    entries = [*many(200), detection(bbox=(1, 2, 3, 4), score=1), detection(score=1e-9) | {"id": 5, "area": None}]
    path = tmp_path / "r.json"
    path.write_text(json.dumps(entries, indent=1))
    assert list(read_results(path)) == entries
    truth = ground_truth()
    assert listed(collect_detections(read_results(path), truth)) == listed(collect_detections(entries, truth))


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps([detection()]), encoding="utf-8-sig")
    assert list(read_results(path)) == [detection()]


def test_batches_make_no_difference(monkeypatch) -> None:
    entries = many(100)
    whole = listed(collect(*entries))
    monkeypatch.setattr(module, "BATCH", 7)
    assert listed(collect(*entries)) == whole


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_errors_count_over_batches(monkeypatch, batch: int) -> None:
    monkeypatch.setattr(module, "BATCH", batch)
    good = many(8)
    assert refused(*good, detection(bbox=(1, 1, 1))).startswith("detection 8 has the box [1, 1, 1]; a box is")
    assert refused(*good, detection(score=None)) == "detection 8 has the score None; a score is a finite number"
    assert refused(*good, "text").startswith("detection 8 is no object with")
    assert refused(*good, detection(91), *good, detection(92)).startswith("2 image ids are not in the ground truth")


@pytest.mark.parametrize(
    "entry", [5, None, "text", [7, 1], {}, {"image_id": 7, "category_id": 1, "score": 1.0, "segmentation": []}]
)
def test_an_entry_that_is_no_detection(entry) -> None:
    expected = f"detection 1 is no object with bbox, category_id, image_id, score: {entry}"
    assert refused(detection(), entry) == expected


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf"), None, "high", "0.9", [0.5], {}])
@pytest.mark.parametrize("others", [0, 1])
def test_a_score_that_is_no_finite_number(score, others: int) -> None:
    expected = f"detection {others} has the score {score!r}; a score is a finite number"
    assert refused(*[detection()] * others, detection(score=score)) == expected


@pytest.mark.parametrize("box", [(5, 5, -1, 3), (5, 5, 3), (5, float("nan"), 3, 3), ("a", 1, 2, 3), (1, 2, 3, "4")])
def test_a_box_that_is_none(box) -> None:
    expected = f"detection 1 has the box {list(box)}; a box is [x, y, width, height], finite, sizes not negative"
    assert refused(detection(), detection(bbox=box)) == expected


def test_unknown_images() -> None:
    expected = (
        "2 image ids are not in the ground truth, for example 98 (the ground truth has ids like 7); "
        "were the predictions made on another set?"
    )
    assert refused(detection(99), detection(98), detection(99), detection()) == expected
    # An id that is text where the ground truth has numbers shows as such.
    assert "for example '7' (the ground truth has ids like 7)" in refused(detection("7"))


def test_image_ids_may_be_text() -> None:
    truth = ground_truth(("a/1", "b", "7"))
    found = collect_detections([detection("7"), detection("a/1")], truth)
    assert found.boxes.image.tolist() == [2, 0]
    with pytest.raises(ValueError, match=r"for example 7 \(the ground truth has ids like 'a/1'\)"):
        collect_detections([detection(7)], truth)


def test_unknown_categories() -> None:
    expected = (
        "category ids [0, 3] are not in the ground truth {1: 'mass', 2: 'nodule'}; write category ids, not class "
        "indices, or pool the classes (--classes pooled)"
    )
    assert refused(detection(category_id=3), detection(category_id=0), detection()) == expected
    assert refused(detection(category_id="1")).startswith("category ids ['1'] are not in")
    assert refused(detection(category_id=2**40)).startswith(f"category ids [{2**40}] are not in")


def test_pooled_classes_need_no_known_category() -> None:
    found = collect(detection(category_id=3), detection(category_id="x", score=0.4), pooled=True)
    assert found.boxes.labels.tolist() == [0, 0]


def test_boxes_written_as_corners_are_refused() -> None:
    entries = many(40)
    for entry in entries:
        x, y, width, height = entry["bbox"]
        entry["bbox"] = [x + 15, y + 15, x + 15 + min(width, 9), y + 15 + min(height, 9)]
    text = refused(*entries)
    assert text.startswith("detections: ") and "of 40 boxes end beyond their images as [x, y, width, height]" in text


def test_boxes_of_another_image_size_are_noted() -> None:
    notes = collect(*many(40), detection(bbox=(0, 0, 100, 100))).notes
    assert notes == [
        "p.json: detections: 1 of 41 boxes reach more than a pixel out of their images; "
        "were they made on images of another size, or written as [x1, y1, x2, y2]?"
    ]


def test_normalized_boxes_are_refused() -> None:
    entries = many(10)
    for entry in entries:
        entry["bbox"] = [number / 50 for number in entry["bbox"]]
    assert refused(*entries).startswith("detections: all boxes end within 1.5 pixels of the corner; they look normal")
    assert "they look normalized" in collect(*entries[:9]).notes[0]


@pytest.mark.parametrize(("images", "silent", "noted"), [(3, 1, True), (10, 1, True), (11, 1, False), (21, 3, True)])
def test_images_without_detections_are_noted_from_a_tenth_on(images: int, silent: int, noted: bool) -> None:
    truth = ground_truth(range(images))
    found = collect_detections([detection(i) for i in range(images - silent)], truth, "p.json")
    note = f"p.json: {silent} of {images} images have no detection; was the file cut, or the score floor high?"
    assert found.notes == [note] * noted
    assert collect_detections([detection(i) for i in range(images)], truth).notes == []


def test_exact_copies_are_noted_and_counted() -> None:
    entries = many(30)
    found = collect(*entries, *entries[:4], entries[0])
    assert found.notes == ["p.json: 5 detections are exact copies of others, each counted; were two files joined?"]
    assert len(found.scores) == 35


@pytest.mark.parametrize(
    "other",
    [
        detection(score=0.6),
        detection(3),
        detection(category_id=2),
        detection(bbox=(20, 20, 10, 21)),
        detection(bbox=(20, 21, 10, 20)),
        detection(bbox=(21, 20, 10, 20)),
    ],
)
def test_a_detection_that_differs_in_anything_is_no_copy(other: dict) -> None:
    assert "copies" not in "".join(collect(detection(), other).notes)
    # A copy is found whatever stands between.
    assert "1 detections are exact copies" in collect(detection(), other, detection()).notes[0]


@pytest.mark.parametrize("pooled", [False, True])
def test_no_detections_are_allowed_and_noted(pooled: bool) -> None:
    found = collect(pooled=pooled)
    assert found.boxes.corners.shape == (0, 4) and found.boxes.image.dtype == np.int64
    assert found.notes == ["p.json has no detections: its sensitivity is 0 everywhere."]


def test_a_single_detection_is_enough() -> None:
    found = collect_detections([detection()], ground_truth((7,)))
    assert listed(found) == [[0], [[20, 20, 30, 40]], [1], [0.5], []]


def read_text(folder: Path, text: str | bytes) -> list:
    path = folder / "r.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_results(path))


def test_a_file_with_an_empty_list_has_no_detections(tmp_path: Path) -> None:
    assert read_text(tmp_path, "[]") == read_text(tmp_path, " [\n]\n") == []


ENTRY = json.dumps(detection())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty; a COCO results file without detections is []"),
        (" \n", "the file is empty; a COCO results file without detections is []"),
        (
            '\n {"images": [], "annotations": []}',
            "a COCO results file is a list of detections, this is an object; is it the ground truth, or one "
            "detection per line?",
        ),
        ("null", "a COCO results file is a list and begins with [, this one with b'null'"),
        ("5", "a COCO results file is a list and begins with [, this one with b'5'"),
        (b"\x89PNG\r\n\x1a\n", r"a COCO results file is a list and begins with [, this one with b'\x89PNG\r\n\x1a\n'"),
        (f"[{ENTRY}, {ENTRY[:40]}", "the file ends in the middle of the list; write or copy it again"),
        (f"[{ENTRY}", "the file ends in the middle of the list; write or copy it again"),
        (ENTRY.join("[]").replace("0.5", "NaN"), "a number is NaN or infinite; write finite scores and boxes"),
        (ENTRY.join("[]").replace("0.5", "Infinity"), "a number is NaN or infinite; write finite scores and boxes"),
        (ENTRY.join("[]").replace("20", "-Infinity", 1), "a number is NaN or infinite; write finite scores and boxes"),
        ('["NaN", }]', "not a JSON file ("),
        (f"[{ENTRY}][{ENTRY}]", "not a JSON file ("),
        (f"[{ENTRY} {ENTRY}]", "not a JSON file ("),
        (b'["\xff"]', "not a JSON file ("),
    ],
)
def test_files_that_are_no_results(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ValueError) as error:
        read_text(tmp_path, text)
    start = f"{tmp_path / 'r.json'}: {message}"
    assert str(error.value).startswith(start) if start.endswith("(") else str(error.value) == start
    assert "\n" not in str(error.value) and "(b'" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        list(read_results(tmp_path / "none.json"))
    assert str(error.value) == (
        f"{tmp_path / 'none.json'}: no such results file; give the path of a COCO results list "
        "(tools/test.py writes one)"
    )


MEASURE = """
import sys
import tracemalloc
from pathlib import Path
from test_detections import collect_detections, ground_truth, read_results

def peak():  # of this process; ru_maxrss would begin with that of its parent
    return next(int(x.split()[1]) * 1024 for x in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in x)

truth = ground_truth(range(1000))
truth.sizes[:] = 1000
before = peak()
found = collect_detections(read_results(sys.argv[1]), truth)
grown, boxes = peak() - before, found.boxes
print(len(found.scores), grown / sum(a.nbytes for a in (boxes.image, boxes.corners, boxes.labels, found.scores)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_large_file_needs_little_more_than_its_arrays(tmp_path: Path) -> None:
    """300,000 detections, 17 MB of arrays: the process grows by 3.4 times that (json.load alone: by 10 times)."""
    rows = ", ".join(json.dumps(detection("ID", 1, (k * 3.1, k * 2.7, 30.25, 41.5), k / 300)) for k in range(300))
    path = tmp_path / "large.json"
    path.write_text("[" + ", ".join(rows.replace('"ID"', str(i)) for i in range(1000)) + "]")
    command = [sys.executable, "-c", MEASURE, str(path)]
    paths = {"PYTHONPATH": f"{ROOT}:{Path(__file__).parent}", "OMP_NUM_THREADS": "1"}
    count, growth = subprocess.run(command, env=paths, capture_output=True, text=True, check=True).stdout.split()
    assert int(count) == 300_000
    assert 1 < float(growth) < 5


@pytest.mark.parametrize("enabled", [True, False])
def test_entries_are_not_searched_for_cycles(enabled: bool) -> None:
    seen = []

    def entries(image_id: int):
        seen.append(gc.isenabled())
        yield {"image_id": image_id, "category_id": 1, "bbox": [1, 2, 3.5, 4], "score": 0.5}

    (gc.enable if enabled else gc.disable)()
    try:
        collect_detections(entries(7), ground_truth())
        with pytest.raises(UserError, match="not in the ground truth"):
            collect_detections(entries(70), ground_truth())
        with pytest.raises(UserError, match="no object"):
            collect_detections([1], ground_truth())
        assert gc.isenabled() == enabled and seen == [False, False]
    finally:
        gc.enable()


def test_batches_go_when_they_are_joined() -> None:
    """Of 200,000 detections all arrays are held less than twice and a half; with all batches it is three times."""
    truth = ground_truth(range(1000))
    truth.sizes[:] = 1000
    box, scores = [30.5, 40.25, 30.25, 41.5], np.linspace(0, 1, 200_000).tolist()
    entries = ({"image_id": k % 1000, "category_id": 1, "bbox": box, "score": score} for k, score in enumerate(scores))
    tracemalloc.start()
    try:
        found = collect_detections(entries, truth)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    arrays = (found.boxes.image, found.boxes.corners, found.boxes.labels, found.scores)
    assert peak < 2.5 * sum(array.nbytes for array in arrays)


def test_a_compressed_file_is_read_alike(tmp_path: Path) -> None:
    entries = [{"image_id": i, "category_id": 1, "bbox": [1, 2, 3.5, 4], "score": 0.5} for i in range(40_000)]
    plain, packed = tmp_path / "a.json", tmp_path / "a.json.gz"
    plain.write_text(json.dumps(entries))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read_results(packed)) == list(read_results(plain)) == entries
    for broken in (packed.read_bytes()[:-9], packed.read_bytes()[:60], plain.read_bytes()):
        packed.write_bytes(broken)
        with pytest.raises(UserError, match="a.json.gz: not a whole gzip file"):
            list(read_results(packed))
    packed.write_bytes(gzip.compress(b'{"images": []}'))
    with pytest.raises(UserError, match="a.json.gz: a COCO results file is a list of detections, this is an object"):
        list(read_results(packed))


def test_entries_that_name_their_image() -> None:
    """As tools/predict.py writes them, which numbers images by itself."""
    right = [detection(7) | {"file_name": "deep/7.dcm"}, detection(3) | {"file_name": "3.png"}, detection(5)]
    assert len(collect(*right).scores) == 3
    text = refused(*right, detection(3) | {"file_name": "7.png"})
    assert text.startswith(
        "a detection on 7.png has the image_id 3, which is 3.png in the ground truth: these are the ids"
    )
    assert refused(detection(3), detection(3) | {"file_name": "7.png"}) == text  # tools/test.py names the first of each
