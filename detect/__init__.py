"""Lesion detectors on mmdet; their FROC evaluation, its report, and Table 1."""
