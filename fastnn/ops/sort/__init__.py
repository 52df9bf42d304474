"""Order along a dimension: sorting, and the elements of some rank."""
