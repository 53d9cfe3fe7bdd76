"""How each public data set is laid out: one file a data set, all with one interface."""
