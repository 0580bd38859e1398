"""The source `stripe`: a Stripe account's objects, through its API."""
