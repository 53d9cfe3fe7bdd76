"""The commands; each explains itself with `--help`."""
