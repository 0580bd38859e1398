"""Delivery: reports to the people who read them, each once, with a ledger of what was sent."""
