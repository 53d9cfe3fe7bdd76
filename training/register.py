"""Import this to have the hooks and samplers of every training in mmengine's root registries."""

from training import partial_sampler, resume

__all__ = ["partial_sampler", "resume"]
