"""Give back to the background the share of the regions that sampling takes from it in training."""

from data.errors import UserError

import detect.mmcv_extension  # isort: skip  # noqa: F401  mmdet asks for mmcv._ext

import math
from typing import Any

from mmdet.models import Shared2FCBBoxHead
from mmdet.registry import MODELS
from mmdet.utils import InstanceList
from torch import Tensor


@MODELS.register_module()
class PriorCorrectedBBoxHead(Shared2FCBBoxHead):
    """`Shared2FCBBoxHead` whose scores hold for all proposals, not for the sample that it was trained on.

    The sampler shows the head more lesions than there are among the proposals, so the scores of doubtful regions come
    out too high, also beside the score of a rarer class on a sure lesion. Say two classes cannot be told apart, the
    second is half as frequent, and the sample multiplied the odds of a lesion by 8. A sure lesion has 0.67 and 0.33. A
    region that is a lesion in 15 of 100 cases has 0.39 and 0.20 instead of 0.10 and 0.05, and its 0.39 is ranked above
    the 0.33 by FROC, which ranks the detections of all classes together. With one class no rank changes.

    In prediction the odds of background against every class are multiplied by a constant: Bayes' rule with other priors
    (Saerens, Latinne and Decaestecker, Adjusting the outputs of a classifier to new a priori probabilities: a simple
    procedure, Neural Computation 14, 2002). Training is as before.

    Args:
        background_odds: odds of background among the proposals over its odds in the sample; 1 changes nothing.

    Raises:
        UserError: If `background_odds` is not above 0.
    """

    def __init__(self, *args: Any, background_odds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not 0 < background_odds < math.inf:
            raise UserError(f"background_odds is {background_odds}: give the factor of the odds, above 0")
        self.background_odds = background_odds

    def predict_by_feat(self, rois: Any, cls_scores: tuple[Tensor, ...], *args: Any, **kwargs: Any) -> InstanceList:
        """Boxes from logits (regions, classes + 1), background last, as in mmdet, with the odds corrected."""
        return super().predict_by_feat(rois, tuple(map(self.corrected, cls_scores)), *args, **kwargs)

    def corrected(self, logits: Tensor) -> Tensor:
        """Logits (regions, classes + 1) with the odds corrected."""
        shift = logits.new_zeros(self.num_classes + 1)
        shift[-1] = math.log(self.background_odds)
        return logits + shift
