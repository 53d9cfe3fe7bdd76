"""Are attention maps good? Measures, and the report that compares methods by them."""
