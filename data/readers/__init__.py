"""How each public data set is laid out: one file per data set, all with one interface."""
