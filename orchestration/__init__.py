"""The room that schedules: it runs ingestion and the models, publishes, and makes the exports.

Only this room imports dagster. ``definitions.py`` reads from top to bottom like the flow of the
data: raw, warehouse, published, exports.
"""
