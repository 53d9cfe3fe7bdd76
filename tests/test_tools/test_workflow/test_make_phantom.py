"""tools/workflow/make_phantom.py: as many files as asked for, the same for the same seed."""

import pandas as pd
import pytest

from tools.workflow.make_phantom import main


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    options = ["--rsna", "12", "--chexpert", "6", "--color", "4", "--size", "64", "--workers", "0"]
    main([str(folder), *options])
    return folder


def test_counts(out):
    assert len(list((out / "rsna/stage_2_train_images").glob("*.dcm"))) == 12
    assert len(list((out / "chexpert").rglob("*.jpg"))) == 6
    assert len(list((out / "color").rglob("*.png"))) == 4


def test_same_seed_same_files_whatever_the_workers(out, tmp_path):
    options = ["--rsna", "5", "--chexpert", "0", "--color", "3", "--size", "64"]
    main([str(tmp_path / "a"), *options, "--workers", "2"])
    main([str(tmp_path / "b"), *options, "--workers", "0", "--seed", "1"])
    assert not (tmp_path / "a/chexpert").exists()
    a = sorted(path for path in (tmp_path / "a/rsna/stage_2_train_images").iterdir())
    for path in a:
        assert path.read_bytes() == (out / "rsna/stage_2_train_images" / path.name).read_bytes()
    assert not {p.name for p in a} & {p.name for p in (tmp_path / "b/rsna/stage_2_train_images").iterdir()}
    rows = pd.read_csv(tmp_path / "a/rsna/stage_2_train_labels.csv")
    whole = pd.read_csv(out / "rsna/stage_2_train_labels.csv")
    pd.testing.assert_frame_equal(rows, whole[: len(rows)], check_dtype=False)


def test_faint_lesions_are_the_same_lesions(out, tmp_path):
    options = ["--rsna", "12", "--chexpert", "6", "--color", "0", "--size", "64", "--workers", "0"]
    main([str(tmp_path), *options, "--lesion-contrast", "0.5"])
    labels, usual = (pd.read_csv(folder / "rsna/stage_2_train_labels.csv") for folder in (tmp_path, out))
    pd.testing.assert_frame_equal(labels, usual)
    sides = pd.concat(pd.read_csv(out / f"chexpert/{side}.csv") for side in ("train", "valid"))
    sure = sides[sides["Lung Opacity"] >= 0]
    dicom = zip("rsna/stage_2_train_images/" + labels.patientId + ".dcm", labels.Target, strict=True)
    jpeg = zip("chexpert/" + sure.Path, sure["Lung Opacity"], strict=True)
    for files in (dict(dicom), dict(jpeg)):
        assert set(files.values()) == {0, 1}
        for name, has_lesion in files.items():
            assert ((tmp_path / name).read_bytes() == (out / name).read_bytes()) == (not has_lesion), name


def test_bad_size_ends_with_usage(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--size", "10"])
    assert "at least 64" in capsys.readouterr().err
