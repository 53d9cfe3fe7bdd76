"""The pages of `tools/app.py`."""
