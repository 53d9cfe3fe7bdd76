"""Images that lack something are refused, or left out with a warning."""

import warnings

import pytest

from data.errors import UserError
from data.readers.parts.missing import check_missing


def check(missing, total, allow_missing):
    check_missing("some/table.csv", missing, total, "have no file", "Mend it", allow_missing)


def test_nothing_missing_is_no_problem():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for allow_missing in (True, False):
            check([], 3, allow_missing)
            check([], 0, allow_missing)


def test_some_are_refused_or_left_out():
    with pytest.raises(UserError) as caught:
        check(["b", "c"], 3, allow_missing=False)
    assert str(caught.value) == "some/table.csv: 2 of 3 images have no file; the first is b. Mend it"
    with pytest.warns(UserWarning, match=r"2 of 3 images have no file; the first is b\. They are left out"):
        check(["b", "c"], 3, allow_missing=True)


def test_all_are_always_refused():
    with pytest.raises(UserError, match="3 of 3"):
        check(["a", "b", "c"], 3, allow_missing=True)
