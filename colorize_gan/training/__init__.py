"""Losses, optimizers and hooks of the GAN's phases."""
