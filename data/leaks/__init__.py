"""Persons and images that stand in training and test at once."""
