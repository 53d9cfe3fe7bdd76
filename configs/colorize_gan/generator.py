"""First phase, sizes of the paper's networks: the generator alone on L_C."""

_base_ = ["./_base_/gan.py", "./_base_/generator_phase.py"]

model = dict(discriminator=None)
