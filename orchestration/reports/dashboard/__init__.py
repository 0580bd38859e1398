"""The dashboard: one file that opens in a browser, needs no server and asks nobody for anything."""
