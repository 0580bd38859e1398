"""The source `zendesk`: a helpdesk's tickets, people and events, through Zendesk's API."""
