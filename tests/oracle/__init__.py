"""A second, plain computation of the numbers, to hold the warehouse against.

It reads the same folder of files, walks through every customer day by day, and shares no code and
no SQL with the warehouse. It is written to be read, not to be fast.
"""
