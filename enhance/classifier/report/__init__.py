"""The report of a tested classifier."""
