"""`classifier_paper.py` with uncertain as a third state of each label: CheXpert's U-MultiClass.

Irvin et al., "CheXpert", AAAI 2019, section 3.1. The network learns negative, positive and uncertain apart; the score
of a label is the softmax over negative and positive alone, so it is tested and explained like any other classifier.
"""

_base_ = "./classifier_paper.py"

model = dict(three_state=True)
train_dataloader = dict(dataset=dict(policy="multiclass"))
