"""What the Snakefile plans with, and the commands that only a workflow needs."""
