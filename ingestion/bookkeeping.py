"""The raw tables that a source with an API has beside its objects, as data."""

from ingestion.tables import Kind, RawTable

QUARANTINE = RawTable(
    "quarantine",
    (
        ("resource", Kind.TEXT),
        ("record_id", Kind.TEXT),
        ("stage", Kind.TEXT),
        ("reason", Kind.TEXT),
        ("payload", Kind.TEXT),
        ("observed_at", Kind.INSTANT),
        ("status", Kind.TEXT),
    ),
)
SCHEMA_DRIFT = RawTable(
    "schema_drift",
    (
        ("resource", Kind.TEXT),
        ("key_path", Kind.TEXT),
        ("kind", Kind.TEXT),
        ("example_type", Kind.TEXT),
        ("observed_at", Kind.INSTANT),
    ),
)
# What the API gave, counted as it came and in the smallest units; without money, currency is empty
# and the sum 0. A load writes what it adds and, with the sign turned, what the versions before had:
# the sum over all loads is the current total.
CONTROL_TOTALS = RawTable(
    "control_totals",
    (
        ("resource", Kind.TEXT),
        ("month", Kind.TEXT),
        ("currency", Kind.TEXT),
        ("row_count", Kind.WHOLE),
        ("amount_sum", Kind.TOTAL),
    ),
)
