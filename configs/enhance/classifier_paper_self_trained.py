r"""`classifier_paper.py` with uncertain labels as a first model predicts them: CheXpert's U-SelfTrained.

Irvin et al., "CheXpert", AAAI 2019, section 3.1: the first model learns without the uncertain labels, as
`classifier_paper.py` does. Train it, and let it predict its training set:

    python tools/train.py configs/enhance/classifier_paper.py --work-dir work_dirs/classifier_paper
    python tools/test.py configs/enhance/classifier_paper.py work_dirs/classifier_paper/best_*.pth \
        --work-dir work_dirs/classifier_paper --cfg-options test_dataloader.dataset.ann_file=train.json \
        test_evaluator.outfile=work_dirs/classifier_paper/train_predictions.npy

The file has the probabilities (images, labels) in the order of `train.json` and of `label_names`.
"""

_base_ = "./classifier_paper.py"

train_dataloader = dict(
    dataset=dict(policy="self_trained", predictions="work_dirs/classifier_paper/train_predictions.npy")
)
