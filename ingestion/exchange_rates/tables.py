"""The raw table of the reference rates, as data."""

from ingestion.tables import Kind, RawTable

SWITCH = "EXCHANGE_RATES_LOCATION"

REFERENCE_RATES = RawTable(
    "reference_rates",
    (
        ("record_id", Kind.TEXT),
        ("rate_date", Kind.DAY),
        ("base", Kind.TEXT),
        ("quote", Kind.TEXT),
        ("rate", Kind.DECIMAL),
        ("observed_at", Kind.INSTANT),
        ("payload", Kind.TEXT),
    ),
)
TABLES = (REFERENCE_RATES,)
