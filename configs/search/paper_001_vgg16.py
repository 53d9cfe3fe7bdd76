"""Paper 001 §2: a random search of learning rate, momentum and L2, here of its VGG16; likewise for its other networks.

Stated: the three ranges, "randomized grid search". Not stated: the distributions (log-uniform for the learning rate and
L2, uniform for the momentum, as usual for such ranges) and the number of trials. The paper trains with Adam, which has
no momentum of that name: the first of its betas is searched.
Paper 003 searches too, but states neither what nor in which ranges.
"""

_base_ = "../enhance/paper_001_vgg16.py"

optim_wrapper = dict(optimizer=dict(betas=[0.9, 0.999]))
search = dict(
    monitor="class/accuracy",
    rule="greater",
    space={
        "optim_wrapper.optimizer.lr": dict(type="float", low=1e-5, high=1e-1, log=True),
        "optim_wrapper.optimizer.betas.0": dict(type="float", low=0.8, high=0.99),
        "optim_wrapper.optimizer.weight_decay": dict(type="float", low=1e-10, high=1e-1, log=True),
    },
)
