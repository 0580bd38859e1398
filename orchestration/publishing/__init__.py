"""Published copies of the marts: whole, checked, and swapped in by one rename."""
