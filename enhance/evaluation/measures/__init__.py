"""Measures of attention maps: formulas on arrays."""
