"""A made-up company whose payments and support the demo runs on."""
