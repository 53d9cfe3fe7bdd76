"""First phase, more layers: the generator alone on L_C."""

_base_ = ["./_base_/gan_deep.py", "./_base_/generator_phase.py"]

model = dict(discriminator=None)
