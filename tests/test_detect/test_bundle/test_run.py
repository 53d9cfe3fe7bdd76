"""Which training of a workflow is bundled; tests/test_tools/test_bundle.py has the errors."""

from detect.bundle.run import find_run, validation_file


def test_the_preferred_one_and_its_files(bundled):
    run = find_run(bundled / "work", None, None, None)
    assert (run.detector, run.variant, run.name) == ("faster_rcnn", "color_cawe", "seed0")
    assert run.images == bundled / "set_color_cawe" and run.file("test") == run.images / "test.json"
    assert run.folder == bundled / "work/faster_rcnn/color_cawe/seed0" and "state_dict" in run.checkpoint
    assert validation_file(run, None) == run.images / "val.json"
    assert validation_file(run, "test.json") == run.images / "test.json"
    assert validation_file(run, str(bundled / "set/val.json")) == bundled / "set/val.json"
    assert find_run(bundled / "work", "faster_rcnn", "raw", "seed0").images == bundled / "set"
