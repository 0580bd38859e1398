"""Measures what the project costs against plain DuckDB on the same rows, side by side."""
