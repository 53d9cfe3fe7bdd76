"""A trained detector with its enhancer in one folder or zip file: what lies in it, how it is made and read."""
