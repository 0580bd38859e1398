"""The made-up company's Stripe account, served as Stripe serves one."""
