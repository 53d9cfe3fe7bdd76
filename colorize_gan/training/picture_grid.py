"""The same few validation images after every epoch: gray | colorized | truth."""

from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor

from data.images.image_io import write_image


@HOOKS.register_module()
class PictureGridHook(Hook):
    """Write `WORK_DIR/pictures/epoch_XXX.png`, one row per image, and hand it to the visualizer (TensorBoard where
    there is one).

    Args:
        num_images: how many of the first validation images.
    """

    def __init__(self, num_images: int = 8) -> None:
        self.num_images = num_images
        self.rows: list[Tensor] = []

    def before_val_epoch(self, runner: Runner) -> None:
        """Start an empty grid."""
        self.rows = []

    def after_val_iter(
        self, runner: Runner, batch_idx: int, data_batch: object = None, outputs: Sequence[dict] | None = None
    ) -> None:
        """Keep the first images of the main process."""
        free = self.num_images - len(self.rows)
        if outputs and free > 0 and is_main_process():
            self.rows += [_row(sample) for sample in outputs[:free]]

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write the grid."""
        if not self.rows:
            return
        from torchvision.utils import make_grid  # here: it loads for seconds

        grid = make_grid(torch.cat(self.rows), nrow=3, padding=4, pad_value=1.0)
        picture = (grid.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        path = Path(runner.work_dir) / "pictures" / f"epoch_{runner.epoch:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, picture)
        runner.visualizer.add_image("colorized", picture, step=runner.epoch)


def _row(sample: dict[str, Tensor]) -> Tensor:
    """Gray, colorized and truth of one image as (3, 3, H, W) on the CPU."""
    gray = sample["gray"].expand(3, -1, -1)
    return torch.stack([gray, sample["colorized"], sample["truth"]]).float().cpu()
