"""FROC of detections: matching, curves, intervals. Stands alone: NumPy, `data`, `reporting`."""
