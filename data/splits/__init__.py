"""Parts of COCO files, by patient: folds of a cross-validation, nested subsets of the training images."""
