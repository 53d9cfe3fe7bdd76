"""The examples of an attention report."""

import pytest

from enhance.evaluation.report.cases import read_cases
from enhance.evaluation.report.examples import example_views
from enhance.evaluation.report.measured import measure
from tests.test_enhance.attention_cases import LABELS, method_set, settings, write_set


@pytest.mark.parametrize("number, expected", [(2, [1, 5]), (9, [1, 3, 5])])
def test_images_with_boxes_are_shown_with_them(tmp_path, number, expected):
    write_set(tmp_path)
    both = method_set()
    measured = measure(both, read_cases(tmp_path, "test.json", LABELS), settings(tmp_path, target="label 2"))
    views = example_views(both, measured, str(tmp_path), number)
    assert [view.name for view in views] == [f"images/{index}.png" for index in expected]
    assert [view.boxes[0] for view in views] == [pytest.approx((2 * index, 3, 10, 9)) for index in expected]
    assert {view.label for view in views} == {"label 2"}


def test_without_boxes_the_correct_images_are_shown(tmp_path):
    write_set(tmp_path, boxes=False)
    both = method_set()
    cases = read_cases(tmp_path, "test.json", LABELS)
    measured = measure(both, cases, settings(tmp_path, target="label 1"))
    correct = [case.file_name for case in cases if case.labels[1] == 1]
    assert 0 < len(correct) < 7
    assert [view.name for view in example_views(both, measured, str(tmp_path), 9)] == correct
    none = measure(both, cases, settings(tmp_path, threshold=0.999))
    assert len(example_views(both, none, str(tmp_path), 9)) == 7
