"""Hyper-parameter search over any mmengine training config, on Optuna: the logic behind `tools/search.py`."""
