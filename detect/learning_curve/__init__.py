"""How many training images an enhancement is worth: sensitivity over the number of images, and its files."""
