"""From what a reader found to a prepared data set: images in their place, sides, JSON files."""
