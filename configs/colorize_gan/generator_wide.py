"""First phase, twice the channels: the generator alone on L_C."""

_base_ = ["./_base_/gan_wide.py", "./_base_/generator_phase.py"]

model = dict(discriminator=None)
