"""Generator, discriminator and the frozen network of the content loss."""
