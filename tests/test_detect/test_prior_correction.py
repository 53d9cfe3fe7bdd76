"""The corrected scores are Bayes' rule with other priors, number for number; training is mmdet's."""

import pytest
import torch

from detect.prior_correction import PriorCorrectedBBoxHead

CODER = dict(type="DeltaXYWHBBoxCoder", target_means=[0.0] * 4, target_stds=[0.1, 0.1, 0.2, 0.2])
LOSSES = dict(
    loss_cls=dict(type="CrossEntropyLoss", use_sigmoid=False), loss_bbox=dict(type="L1Loss"), bbox_coder=CODER
)


def make_head(classes: int, odds: float) -> PriorCorrectedBBoxHead:
    return PriorCorrectedBBoxHead(
        background_odds=odds, num_classes=classes, in_channels=4, fc_out_channels=8, roi_feat_size=7, **LOSSES
    )


def predict(head: PriorCorrectedBBoxHead, logits: torch.Tensor) -> torch.Tensor:
    """Scores (regions, classes + 1) of two images, with fewer regions in the second."""
    number = len(logits)
    boxes = torch.tensor([[0.0, 10.0, 10.0, 50.0, 60.0]]).repeat(number, 1)
    deltas = torch.zeros(number, 4 * head.num_classes)
    parts = [number // 2 + 1, number - number // 2 - 1]
    results = head.predict_by_feat(
        boxes.split(parts),
        cls_scores=logits.split(parts),
        bbox_preds=deltas.split(parts),
        batch_img_metas=[{"img_shape": (64, 64)}] * 2,
    )
    return torch.cat([result.scores for result in results])


@pytest.mark.parametrize("odds", [0.3, 1.0, 8.0])
def test_the_scores_are_bayes_rule_with_other_priors(odds: float) -> None:
    logits = 3 * torch.randn(7, 4, dtype=torch.float64)
    before = logits.clone()
    scores = predict(make_head(3, odds), logits)
    assert torch.equal(logits, before)
    for region in range(7):
        likelihoods = [logits[region, k].exp().item() * (odds if k == 3 else 1) for k in range(4)]
        for k in range(4):
            assert scores[region, k].item() == pytest.approx(likelihoods[k] / sum(likelihoods), rel=1e-9)


def test_the_example_of_the_docstring() -> None:
    doubtful = 0.15 / 0.85 * 8  # odds of a lesion in the sample
    share = doubtful / (1 + doubtful)
    sure, region = [2 / 3, 1 / 3, 1e-12], [share * 2 / 3, share / 3, 1 - share]
    logits = torch.tensor([sure, region], dtype=torch.float64).log()
    assert predict(make_head(2, 1), logits)[1, :2].tolist() == pytest.approx([0.39, 0.20], abs=0.005)
    scores = predict(make_head(2, 8), logits)
    assert scores[0, :2].tolist() == pytest.approx([0.67, 0.33], abs=0.005)
    assert scores[1, :2].tolist() == pytest.approx([0.10, 0.05], abs=1e-9)


def test_with_one_class_no_rank_changes() -> None:
    logits = torch.randn(40, 2)
    orders = [predict(make_head(1, odds), logits)[:, 0].argsort() for odds in (1, 8)]
    assert torch.equal(*orders)


def test_training_is_mmdets() -> None:
    head = make_head(2, 8)
    plain = PriorCorrectedBBoxHead.__base__(num_classes=2, in_channels=4, fc_out_channels=8, roi_feat_size=7, **LOSSES)
    plain.load_state_dict(head.state_dict())
    labels, boxes, weights = torch.tensor([0, 1, 2, 2, 1]), torch.rand(5, 4), torch.ones(5, 4)
    features, rois = torch.rand(5, 4, 7, 7), torch.rand(5, 5)
    losses = []
    for model in (head, plain):
        loss = model.loss(*model(features), rois, labels, torch.ones(5), boxes, weights)
        losses.append([loss[name].item() for name in ("loss_cls", "loss_bbox")])
    assert losses[0] == losses[1] and min(losses[0]) > 0


@pytest.mark.parametrize("odds", [0, -1, float("nan"), float("inf")])
def test_impossible_odds_are_named(odds: float) -> None:
    with pytest.raises(ValueError, match=f"background_odds is {odds}"):
        make_head(2, odds)
