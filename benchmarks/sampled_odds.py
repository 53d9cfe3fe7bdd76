"""How much more often does the sample that trains a box head show a lesion than the proposals it is drawn from?

    OMP_NUM_THREADS=1 python -m benchmarks.sampled_odds configs/detect/faster_rcnn_small.py weights.pth \\
        --cfg-options train_dataloader.dataset.data_root=DIR train_dataloader.dataset.ann_file=annotations_train.json

counts, over training images, the regions that the assigner calls lesions (IoU of at least 0.5) and background: among
the proposals of a trained network, and in the sample. The quotient of the odds of background is what `background_odds`
of `detect.prior_correction.PriorCorrectedBBoxHead` gives back. 200 images take half a minute on one core.
"""

import argparse

import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner, load_checkpoint
from tqdm import tqdm

import detect.mmcv_extension  # noqa: F401  before mmdet.models
from tools.command_line.cfg_options import add_cfg_options


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="a Faster R-CNN")
    parser.add_argument("checkpoint")
    parser.add_argument("--images", type=int, default=200)
    add_cfg_options(parser)
    args = parser.parse_args()
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    cfg.train_dataloader.update(num_workers=0, batch_size=1)
    init_default_scope("mmdet")
    model = MODELS.build(cfg.model).eval()
    load_checkpoint(model, args.checkpoint, map_location="cpu")
    batches = Runner.build_dataloader(cfg.train_dataloader, seed=0)
    counts = torch.zeros(2, 2)  # proposals, sample; lesions, background
    for _, batch in zip(range(args.images), tqdm(batches, total=args.images), strict=False):
        batch = model.data_preprocessor(batch)
        instances = batch["data_samples"][0].gt_instances
        maps = model.rpn_head(model.extract_feat(batch["inputs"]))
        metas = [batch["data_samples"][0].metainfo]
        proposals = model.rpn_head.predict_by_feat(*maps, batch_img_metas=metas, cfg=model.train_cfg.rpn_proposal)[0]
        proposals.priors = proposals.pop("bboxes")
        assigned = model.roi_head.bbox_assigner.assign(proposals, instances)
        is_lesion = assigned.gt_inds > 0
        counts[0] += torch.stack([is_lesion.sum(), (~is_lesion).sum()])
        sample = model.roi_head.bbox_sampler.sample(assigned, proposals, instances)
        counts[1] += torch.tensor([len(sample.pos_inds), len(sample.neg_inds)])
    odds = counts[:, 1] / counts[:, 0]
    print(
        f"odds of background: {odds[0]:.1f} among the proposals, {odds[1]:.1f} in the sample: {odds[0] / odds[1]:.1f}"
    )


if __name__ == "__main__":
    main()
