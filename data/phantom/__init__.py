"""Synthetic radiographs with lesions, and color scenes, in the shapes of the real data sets."""
