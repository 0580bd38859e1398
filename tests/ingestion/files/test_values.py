"""What a file says arrives typed, in UTC, and with everything it said in the payload."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.files import source
from ingestion.files.tables import FORM, FORM_BY_NAME, TABLES
from ingestion.load import ensure_raw_tables
from ingestion.tables import LOAD_ID
from tests.ingestion.company import CUSTOMERS, SEEN_AT, Company

TICKETS = "ticket_id,created_at\n"


def instants(company: Company, *texts: str) -> list[datetime]:
    """Load tickets created at the given texts, and return what became of them."""
    rows = [f"t{number},{text}\n" for number, text in enumerate(texts)]
    company.give("tickets.csv", TICKETS + "".join(rows))
    company.load()
    return [
        datetime.fromtimestamp(microseconds / 1_000_000, UTC)
        for (microseconds,) in company.current("tickets", "epoch_us(created_at)")
    ]


def test_every_way_to_write_an_instant_gives_the_same_instant(company: Company) -> None:
    texts = (
        "2025-03-01T09:30:00Z",
        "2025-03-01 09:30:00Z",
        "2025-03-01T09:30Z",
        "2025-03-01T09:30:00.000Z",
        "2025-03-01T09:30:00.000000000Z",
        "2025-03-01T12:30:00+03:00",
        "2025-03-01T12:30:00+0300",
        "2025-03-01T12:30:00+03",
        "2025-03-01 06:00:00 -03:30",
        "2025-03-01T09:30:00",
        "2025-03-01 09:30",
    )

    assert set(instants(company, *texts)) == {datetime(2025, 3, 1, 9, 30, tzinfo=UTC)}


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Europe/Lisbon", "Asia/Kathmandu", "UTC"])
def test_a_time_without_offset_is_local_to_the_reporting_zone(
    company: Company, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("PERENE_TIME_ZONE", zone)
    local = [
        datetime(year, month, 15, 10, 30, 15, 250000, tzinfo=ZoneInfo(zone))
        for year in (1999, 2018, 2025)
        for month in (1, 7)
    ]

    found = instants(company, *(f"{moment:%Y-%m-%dT%H:%M:%S.%f}" for moment in local))

    assert found == [moment.astimezone(UTC) for moment in local]


def test_a_bare_date_is_the_first_instant_of_the_local_day(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On this day the clocks of São Paulo went from 00:00 to 01:00.
    monkeypatch.setenv("PERENE_TIME_ZONE", "America/Sao_Paulo")

    assert instants(company, "2018-11-03", "2018-11-04", "2018-11-05") == [
        datetime(2018, 11, 3, 3, tzinfo=UTC),
        datetime(2018, 11, 4, 3, tzinfo=UTC),
        datetime(2018, 11, 5, 2, tzinfo=UTC),
    ]


def test_skipped_and_repeated_hours_are_read_as_documented(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENE_TIME_ZONE", "America/New_York")

    skipped, repeated = instants(company, "2024-03-10T02:30:00", "2024-11-03T01:30:00")

    assert skipped == datetime(2024, 3, 10, 7, 30, tzinfo=UTC)
    assert repeated == datetime(2024, 11, 3, 6, 30, tzinfo=UTC)


def test_raw_columns_have_the_declared_types(company: Company) -> None:
    company.give(
        "subscription_periods.csv",
        "subscription_id,customer_id,plan,started_at,interval,interval_count,quantity,unit_amount,"
        "currency,discount_percent,is_metered\n"
        "s1,c1,gold,2025-01-01,month,3,2.5,19.99,USD,33.3333,TRUE\n",
    )
    company.give("usage.csv", "customer_id,occurred_on,feature\nc1,2025-01-05,export\n")

    company.load()

    assert company.current(
        "subscription_periods",
        "record_id, row_number, interval_count, quantity, unit_amount, discount_percent, "
        "is_metered, is_recurring, status, epoch_us(ended_at)",
    ) == [
        (
            "s1||2025-01-01T00:00:00.000000Z",
            1,
            3,
            Decimal("2.500000"),
            Decimal("19.990000"),
            Decimal("33.333300"),
            True,
            None,
            None,
            None,
        )
    ]
    assert company.current("usage", "record_id, occurred_on, quantity") == [
        ("c1|2025-01-05|export|1", date(2025, 1, 5), None)
    ]
    types = company.query(
        "SELECT DISTINCT column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name = 'raw_files' AND column_name IN ('started_at', 'unit_amount', "
        "'interval_count', 'is_metered', 'occurred_on', 'amount_sum', 'payload') ORDER BY ALL"
    )
    assert types == [
        ("amount_sum", "DECIMAL(38,6)"),
        ("interval_count", "BIGINT"),
        ("is_metered", "BOOLEAN"),
        ("occurred_on", "DATE"),
        ("payload", "VARCHAR"),
        ("started_at", "TIMESTAMP WITH TIME ZONE"),
        ("unit_amount", "DECIMAL(28,6)"),
    ]


def test_every_declared_table_is_there_before_any_load(company: Company) -> None:
    ensure_raw_tables(company.settings)
    shape = (
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name = 'raw_files' AND NOT starts_with(table_name, '_dlt_p') "
        "AND table_name <> '_dlt_version' ORDER BY table_name, column_name"
    )
    before = company.query(shape)

    company.give("customers.csv", CUSTOMERS)
    company.load()

    assert company.query(shape) == before
    assert {row[0] for row in before} >= {table.name for table in TABLES} | {"_dlt_loads"}
    assert company.query("SELECT count(*) FROM raw_exchange_rates.reference_rates") == [(0,)]


def test_a_column_that_a_newer_version_declares_is_added(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers = FORM_BY_NAME["customers"]
    older = replace(customers, columns=customers.columns[:-1])
    older_tables = tuple(older.raw if table.name == older.name else table for table in TABLES)
    company.give("customers.csv", "customer_id,acquisition_channel\nc1,fair\n")
    with monkeypatch.context() as past:
        past.setitem(FORM_BY_NAME, "customers", older)
        past.setattr(source, "TABLES", older_tables)
        company.load()
    assert ("acquisition_channel",) not in company.query("SELECT column_name FROM duckdb_columns()")

    company.give("customers.csv", "customer_id,acquisition_channel\nc1,fair\nc2,web\n")
    company.load()

    assert company.current("customers", "acquisition_channel") == [("fair",), ("web",)]


def test_the_payload_keeps_the_whole_row_as_given(company: Company) -> None:
    company.give(
        "customers.csv",
        'customer_id,name,"shoe ""size"""\nc1,"Ada, ""the"" first\nof her name",44.10\nc2,,\n',
    )

    company.load()

    (first,), (second,) = company.current("customers", "payload")
    assert json.loads(first) == {
        "customer_id": "c1",
        "name": 'Ada, "the" first\nof her name',
        'shoe "size"': "44.10",
    }
    assert json.loads(second) == {"customer_id": "c2", "name": None, 'shoe "size"': None}


def test_numbers_of_json_lines_keep_every_digit(company: Company) -> None:
    line = (
        '{"payment_id": 9007199254740993, "customer_id": "c1", "occurred_at": "2025-01-05", '
        '"amount": 9999999999.123456, "currency": "USD", "is_recurring": false, "tax": "", '
        '"extra": {"deep": [1.10]}}'
    )
    company.give("payments.jsonl", line + "\r\n\r\n")

    company.load()

    assert company.current("payments", "record_id, amount, is_recurring, tax, payload") == [
        ("9007199254740993", Decimal("9999999999.123456"), False, None, line)
    ]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_comments_of_ratings_are_kept_nowhere_unless_switched_on(
    company: Company, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    row = {
        "ticket_id": "t1",
        "rated_at": "2025-01-05",
        "score": "5",
        "comment": "canary",
        "agent": "Ann",
    }
    path = company.folder / f"ticket_ratings.{ending}"
    if ending == "csv":
        path.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", encoding="utf-8")
    elif ending == "jsonl":
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist([row]), path)

    company.load()
    (found,) = company.current("ticket_ratings", "comment, score, payload")
    assert found[:2] == (None, "5")
    kept = {name: value for name, value in row.items() if name != "comment"}
    assert json.loads(found[2]) == kept
    # Where no row is deleted no byte of it may be left behind.
    assert b"canary" not in (company.home / "warehouse.duckdb").read_bytes()

    monkeypatch.setenv("FILES_KEEP_COMMENTS", "true")
    company.load()
    (found,) = company.current("ticket_ratings", "comment, score, payload")
    assert found[0] == "canary"
    assert json.loads(found[2]) == row


def test_parquet_types_become_the_types_of_the_form(company: Company) -> None:
    table = pa.table(
        {
            "payment_id": pa.array([1, 2], pa.int64()),
            "customer_id": pa.array([7.0, 8.0], pa.float64()),
            "occurred_at": pa.array(
                [datetime(2025, 1, 5, 10, tzinfo=UTC), None], pa.timestamp("ns", "UTC")
            ).fill_null(datetime(2025, 1, 6, tzinfo=UTC)),
            "amount": pa.array([19.99, 1e-5], pa.float64()),
            "currency": pa.array(["USD", "EUR"]).dictionary_encode(),
            "is_recurring": pa.array([True, None]),
            "fee": pa.array([Decimal("0.5900000000"), None], pa.decimal128(20, 10)),
            "tags": pa.array([["a", "b"], None]),
        }
    )
    pq.write_table(table, company.folder / "payments.parquet")
    usage = {
        "customer_id": ["c1", "c1"],
        "occurred_on": pa.array([date(2025, 1, 5), date(2025, 1, 6)], pa.date32()),
        "feature": ["x", "x"],
    }
    pq.write_table(pa.table(usage), company.folder / "usage.parquet")

    company.load()

    assert company.current(
        "payments",
        "payment_id, customer_id, strftime(occurred_at, '%Y-%m-%d %H:%M:%S'), amount, currency, "
        "is_recurring, fee",
    ) == [
        ("1", "7", "2025-01-05 10:00:00", Decimal("19.990000"), "USD", True, Decimal("0.590000")),
        ("2", "8", "2025-01-06 00:00:00", Decimal("0.000010"), "EUR", None, None),
    ]
    assert len(company.current("usage")) == 2


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffcustomer_id,name\r\nc1,Ada\r\nc2,Bo\r\n",
        "customer_id,name\nc1,Ada\n\nc2,Bo",
        'customer_id,"name"\n"c1","Ada"\n"c2",Bo\n',
    ],
    ids=["byte order mark and CRLF", "blank line, no last newline", "quoted"],
)
def test_harmless_ways_to_write_csv_are_read_alike(company: Company, content: str) -> None:
    company.give("customers.csv", content)

    company.load()

    assert company.current("customers", "customer_id, name") == [("c1", "Ada"), ("c2", "Bo")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("customers.csv", "customer_id,name\n"),
        ("customers.csv", "customer_id"),
        ("customers.jsonl", ""),
        ("customers.jsonl", "\n \n"),
    ],
)
def test_a_file_of_no_rows_is_a_file_of_the_form(company: Company, name: str, content: str) -> None:
    company.give(name, content)

    company.load()

    assert company.query("SELECT row_count, is_present FROM raw_files.source_files") == [(0, True)]


def test_ids_that_hold_the_separator_stay_apart(company: Company) -> None:
    header = "subscription_id,item_id,customer_id,plan,started_at,interval,unit_amount,currency\n"
    company.give(
        "subscription_periods.csv",
        header + "a|b,c,x,p,2025-01-01,month,1,USD\na,b|c,x,p,2025-01-01,month,1,USD\n",
    )

    company.load()

    assert len({row[0] for row in company.current("subscription_periods")}) == 2


def test_a_version_is_recorded_with_its_content(company: Company) -> None:
    company.give("customers.csv", "customer_id,shoe_size\nc1,44\n")

    company.load()

    assert company.query(
        "SELECT file_table, file_name, length(content_hash), byte_count, row_count, column_names, "
        "unknown_column_names, is_present, epoch_us(observed_at) FROM raw_files.source_files"
    ) == [
        (
            "customers",
            "customers.csv",
            64,
            28,
            1,
            '["customer_id", "shoe_size"]',
            '["shoe_size"]',
            True,
            int(SEEN_AT.timestamp() * 1_000_000),
        )
    ]


def test_every_row_carries_the_load_that_brought_it(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)

    (load_id,) = company.load().load_ids

    for table in ("customers", "source_files", "control_totals"):
        assert company.query(f"SELECT DISTINCT {LOAD_ID} FROM raw_files.{table}") == [(load_id,)]


def test_no_form_column_hides_one_of_the_envelope() -> None:
    for table in FORM:
        names = [name for name, _ in table.raw.columns]
        assert len(names) == len(set(names))


def test_no_connection_is_left_open(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.load()

    # DuckDB refuses a second connection of one process that is configured differently.
    path = str(company.home / "warehouse.duckdb")
    with duckdb.connect(path, read_only=True, config={"threads": 1}) as connection:
        assert connection.execute("SELECT count(*) FROM raw_files.customers").fetchone() == (3,)
