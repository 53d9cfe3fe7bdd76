"""Table 1 of paper 002: rows with repeats against their baseline, and its files."""
