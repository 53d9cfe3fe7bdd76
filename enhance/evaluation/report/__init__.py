"""The report that compares attention methods on one classifier."""
