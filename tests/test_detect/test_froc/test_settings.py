"""Settings out of range are refused, by their name and with the remedy."""

import pytest

from detect.froc.settings import FrocSettings


def test_the_defaults() -> None:
    given = FrocSettings(0.5, "iou", (1, 2, 3, 4), 1000, 0)
    assert FrocSettings() == given and given.size_edges == (32, 96)


@pytest.mark.parametrize(
    "right",
    [
        {"iou_thr": 1},
        {"iou_thr": 1e-3, "matching": "center"},
        {"matching": "best-overlap", "duplicates": "ignore"},
        {"fppi": [0.125, 8]},
        {"fppi": (4, 1)},
        {"bootstrap": 1, "interval": "bca"},
        {"size_edges": (6,), "size_unit": "mm", "classes": "pooled"},
    ],
)
def test_settings_in_range(right: dict) -> None:
    settings = FrocSettings(**right)
    assert {key: getattr(settings, key) for key in right} == right


@pytest.mark.parametrize(
    ("given", "edges"),
    [({}, (32, 96)), ({"size_unit": "mm"}, (10, 30)), ({"size_unit": "mm", "size_edges": [32, 96]}, (32, 96))],
)
def test_the_size_edges_are_a_tuple_and_fit_the_unit(given: dict, edges: tuple) -> None:
    assert FrocSettings(**given).size_edges == edges


def test_the_seed() -> None:
    with pytest.raises(ValueError) as error:
        FrocSettings(seed=-1)
    assert str(error.value) == "the seed is -1; give 0 or more"


@pytest.mark.parametrize("iou_thr", [0, -0.5, 1.01, float("nan")])
def test_the_iou_threshold(iou_thr: float) -> None:
    with pytest.raises(ValueError) as error:
        FrocSettings(iou_thr=iou_thr)
    assert str(error.value) == f"the IoU threshold is {iou_thr}; it has to be above 0 and at most 1"


@pytest.mark.parametrize(
    "fppi", [(), (0, 1), (-1,), (1, 1), (1, 1.0), (float("inf"),), (float("nan"),), (0.33333333, 0.33333334)]
)
def test_the_rates(fppi: tuple) -> None:
    with pytest.raises(ValueError) as error:
        FrocSettings(fppi=fppi)
    assert str(error.value) == (
        f"the false-positive rates (fppi) are {list(fppi)}; give rates above 0, each once (six digits)"
    )


@pytest.mark.parametrize("bootstrap", [0, -5])
def test_the_resamples(bootstrap: int) -> None:
    with pytest.raises(ValueError) as error:
        FrocSettings(bootstrap=bootstrap)
    assert str(error.value) == f"{bootstrap} bootstrap resamples give no interval; give at least 1, better 1000"


@pytest.mark.parametrize(
    "edges", [(), (0, 5), (-1,), (5, 5), (9, 5), (float("nan"),), (5, float("nan")), (5, float("inf"))]
)
def test_the_size_edges(edges: tuple) -> None:
    with pytest.raises(ValueError) as error:
        FrocSettings(size_edges=edges)
    assert str(error.value) == f"the size edges are {list(edges)}; give rising finite sizes above 0"


@pytest.mark.parametrize(
    ("name", "wrong", "choices"),
    [
        ("matching", "centre", "iou, center, best-overlap"),
        ("duplicates", "drop", "fp, ignore"),
        ("classes", "Separate", "separate, pooled"),
        ("interval", None, "percentile, bca"),
        ("size_unit", "cm", "px, mm"),
    ],
)
def test_a_choice_that_is_none(name: str, wrong, choices: str) -> None:
    """Without this a wrong word would be taken for another choice without a word."""
    with pytest.raises(ValueError) as error:
        FrocSettings(**{name: wrong})
    assert str(error.value) == f"{name} is {wrong!r}; it has to be one of {choices}"
