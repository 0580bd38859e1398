"""A made-up Zendesk account: the company's helpdesk behind a real HTTP API."""
