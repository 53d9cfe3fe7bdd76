"""Import this to have the hooks, samplers and wrappers of every training in mmengine's registries."""

from training import checkpoints, log_history, mixed_precision, partial_sampler, resume, safe_loading, stopping

__all__ = ["checkpoints", "log_history", "mixed_precision", "partial_sampler", "resume", "safe_loading", "stopping"]
