"""What a search leaves: the table, the best trial, the weights of it alone, a picture."""

import json

import numpy as np
import pandas as pd
from mmengine.config import Config
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial
from PIL import Image

from training.search.results import best_trial, draw_trials, summary_line, train_command, write_results
from training.search.study import open_study

SPACE = {"optim_wrapper.optimizer.lr": FloatDistribution(1e-4, 1, log=True)}
SPACE["model.name"] = CategoricalDistribution(["a", "b c"])
CFG = Config(
    dict(
        model=dict(name="a"),
        optim_wrapper=dict(optimizer=dict(lr=0.1)),
        search=dict(monitor="line/error"),
    )
)


def make_study(folder):
    study = open_study(folder, "less")
    endings = [("finished", 0.5), ("finished", 0.2), ("pruned", None), ("diverged", None), (None, None)]
    for number, (outcome, value) in enumerate(endings):
        state = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED}.get(outcome, TrialState.FAIL)
        values = {"optim_wrapper.optimizer.lr": 10.0**-number, "model.name": "b c"}
        attributes = {"outcome": outcome, "reason": f"why {number}"} if outcome else {}
        study.add_trial(
            create_trial(state=state, value=value, params=values, distributions=SPACE, user_attrs=attributes)
        )
        own = folder / f"trial_{number:04d}"
        own.mkdir()
        for name in ("best_error.pth", "last_checkpoint", "output.txt"):
            (own / name).touch()
    return study


def test_results_name_the_best_trial_and_keep_only_its_weights(tmp_path):
    study = make_study(tmp_path)
    write_results(study, tmp_path, CFG, "toy.py", {})
    table = pd.read_csv(tmp_path / "trials.csv")
    assert table["outcome"].tolist() == ["finished", "finished", "pruned", "diverged", "interrupted"]
    assert table["optim_wrapper.optimizer.lr"].tolist() == [1, 0.1, 0.01, 0.001, 0.0001]
    best = json.loads((tmp_path / "best.json").read_text())
    assert (best["trial"], best["value"], best["monitor"]) == (1, 0.2, "line/error")
    assert best["values"] == {"optim_wrapper.optimizer.lr": 0.1, "model.name": "b c"}
    assert best["weights"] == ["trial_0001/best_error.pth"]
    assert best["trials"] == {"finished": 2, "pruned": 1, "diverged": 1, "interrupted": 1}
    assert [path.parent.name for path in tmp_path.rglob("*.pth")] == ["trial_0001"]
    assert [path.parent.name for path in tmp_path.rglob("last_checkpoint")] == ["trial_0001"]
    assert len(list(tmp_path.rglob("output.txt"))) == 5


def test_a_running_trial_keeps_its_weights_and_no_best_is_no_file(tmp_path):
    study = open_study(tmp_path, "less")
    study.ask()
    own = tmp_path / "trial_0000"
    own.mkdir()
    (own / "epoch_1.pth").touch()
    write_results(study, tmp_path, CFG, "toy.py", {})
    assert best_trial(study) is None and not (tmp_path / "best.json").exists()
    assert (own / "epoch_1.pth").exists()
    assert pd.read_csv(tmp_path / "trials.csv")["outcome"].tolist() == ["running"]


def test_the_command_has_the_overrides_and_the_values():
    overrides = {"train_dataloader.dataset.data_root": "my data", "optim_wrapper.optimizer.lr": 3}
    line = train_command("toy.py", CFG, overrides, {"optim_wrapper.optimizer.lr": 0.25})
    assert line == (
        "python tools/train.py toy.py --cfg-options 'train_dataloader.dataset.data_root=my data' "
        "optim_wrapper.optimizer.lr=0.25"
    )


def test_a_line_says_how_a_trial_ended_and_what_was_drawn(tmp_path):
    first, _, pruned, *_ = make_study(tmp_path).trials
    head, _, drawn = summary_line(first, "line/error").partition(" (")
    assert head == "trial 0: finished, line/error 0.5"
    assert set(drawn.removesuffix(")").split(", ")) == {"model.name=b c", "optim_wrapper.optimizer.lr=1"}
    assert summary_line(pruned, "line/error").startswith("trial 2: pruned, why 2 (")


def test_the_picture_shows_the_trials(tmp_path):
    picture = np.asarray(Image.open(draw_trials(make_study(tmp_path), SPACE, tmp_path, "line/error")).convert("RGB"))
    red, green, blue = (picture[..., channel].astype(int) for channel in range(3))
    assert ((red > 200) & (green < 60)).any() and ((blue > 160) & (red < 60)).any()
