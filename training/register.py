"""Import this to have the hooks, samplers and wrappers of every training in mmengine's registries."""

from training import checkpoints, mixed_precision, partial_sampler, resume, safe_loading, stopping

__all__ = ["checkpoints", "mixed_precision", "partial_sampler", "resume", "safe_loading", "stopping"]
