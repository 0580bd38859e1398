"""Reports: one frozen set of figures, several renderings."""
