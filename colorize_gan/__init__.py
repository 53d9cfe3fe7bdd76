"""The colorization GAN of paper 002, section 3.2."""
