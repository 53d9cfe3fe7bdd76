"""`classifier_paper.py` with uncertain labels as positives that are not quite sure: U-Ones with label smoothing.

Pham et al., "Interpreting chest X-rays via CNNs that exploit hierarchical disease dependencies and uncertainty labels",
Neurocomputing 437, 2021, section 3.3: each time an image is seen, the target of an uncertain label is drawn anew from
U(0.55, 0.85). The twin "smooth_zeros" draws from U(0, 0.3).
"""

_base_ = "./classifier_paper.py"

train_dataloader = dict(dataset=dict(policy="smooth_ones"))
