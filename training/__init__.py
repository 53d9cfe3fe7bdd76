"""What every training shares: resuming, sampling, mixed precision, checkpoints, search."""
