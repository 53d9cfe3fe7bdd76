"""`benchmarks/render_size.py`: its rows on a colorizer whose answers can be worked out by hand."""

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.render_size import compare_image, with_interval
from colorize_gan.color import luminance
from colorize_gan.evaluation.color_metric import ab_error


class Toy:
    """Adds red; at a smaller size twice as much."""

    def colorize(self, gray: Tensor, render_size: int, keep_luminance: bool) -> Tensor:
        red = torch.tensor([0.1, 0.0, 0.0]).view(1, 3, 1, 1) * (2 if render_size else 1)
        return gray + red


def test_rows_of_an_image() -> None:
    gray = torch.full((1, 1, 8, 8), 0.5)
    truth = gray + torch.tensor([0.2, 0.0, 0.0]).view(1, 3, 1, 1)
    given = luminance(truth)
    full, small = (Toy().colorize(given, size, False) for size in (0, 4))
    none, shortcut = compare_image(Toy(), truth, [4], keep=False)
    assert none[0] == pytest.approx(float(ab_error(full, given.expand(-1, 3, -1, -1))), rel=1e-6)
    assert shortcut[0] == pytest.approx(float(ab_error(full, small)), rel=1e-6)
    assert none[1] == pytest.approx(0.299 * 0.1 * 255, rel=1e-4)  # red's weight in the luma
    assert shortcut[1] == pytest.approx(0.299 * 0.1 * 255, rel=1e-4)
    assert shortcut[2] == pytest.approx(float(ab_error(truth, small) - ab_error(truth, full)), rel=1e-6)
    assert none[2] > 0 > shortcut[2]  # the truth has as much red as the shortcut
    assert none[3] == 0 and shortcut[3] > 0


def test_a_gray_truth_has_no_distance_to_it() -> None:
    rows = compare_image(Toy(), torch.full((1, 3, 8, 8), 0.5), [4], keep=False)
    assert np.isnan([row[2] for row in rows]).all()
    assert with_interval(np.array([np.nan, np.nan])) == "-"
    assert with_interval(np.array([2.0, np.nan, 2.0])) == "2.00 (2.00 to 2.00)"
