"""Pictures of attention: arrays in, matplotlib figures out."""
