"""The files of a FROC report."""
