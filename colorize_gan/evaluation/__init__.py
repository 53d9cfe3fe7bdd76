"""How good are the colors? Metrics, and the report that compares colorizers."""
