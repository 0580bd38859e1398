"""A file that breaks its form is refused whole, and the message says where and why."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.errors import PereneError, SettingsError, SourceError
from ingestion.files.faults import PRINTED_PER_FILE, FilesRefusedError
from ingestion.files.tables import FORM_BY_NAME
from tests.ingestion.company import CUSTOMERS, PAYMENTS, Company
from tests.ingestion.privileges import ordinary_permissions

PERIOD_HEADER = "subscription_id,customer_id,plan,started_at,ended_at,interval,unit_amount,currency"
GOOD_PERIOD = {
    "subscription_id": "s1",
    "customer_id": "c1",
    "plan": "gold",
    "started_at": "2025-01-01",
    "interval": "month",
    "unit_amount": "10",
    "currency": "USD",
}
GOOD_PAYMENT = {
    "payment_id": "p1",
    "customer_id": "c1",
    "occurred_at": "2025-01-05",
    "amount": "10",
    "currency": "USD",
}
GOOD_TICKET = {"ticket_id": "t1", "created_at": "2025-01-05"}
GOOD_RATING = {"ticket_id": "t1", "rated_at": "2025-01-05", "score": "good"}
GOOD_USAGE = {"customer_id": "c1", "occurred_on": "2025-01-05", "feature": "export"}
GOOD_RATE = {"rate_date": "2025-01-02", "base": "EUR", "quote": "USD", "rate": "1.1"}
GOOD = {
    "customers": {"customer_id": "c1"},
    "subscription_periods": GOOD_PERIOD,
    "payments": GOOD_PAYMENT,
    "tickets": GOOD_TICKET,
    "ticket_ratings": GOOD_RATING,
    "usage": GOOD_USAGE,
    "exchange_rates": GOOD_RATE,
}
DECIMAL = "is not a decimal number with a point, such as 1234.50"
AMOUNT = "is not at least 0 and below 10,000,000,000, with at most 6 decimals"
POSITIVE = "is not above 0 and below 10,000,000,000, with at most 6 decimals"
QUANTITY = "is not at least 0 and below 10,000,000, with at most 6 decimals"
PERCENT = "is not from 0 to 100, with at most 4 decimals"
COUNT = "is not a whole number from 0 to 1,000,000,000"
POSITIVE_COUNT = "is not a whole number from 1 to 1,000,000,000"
CURRENCY = "is not three upper-case letters such as USD"
INSTANT = "is not an ISO 8601 instant, such as 2025-03-01 or 2025-03-01T09:30:00Z"
DAY = "is not an ISO 8601 day, such as 2025-03-01"
FLAG = "is not one of true, false"

BAD_VALUES = [
    ("subscription_periods", "interval", "monthly", "is not one of day, week, month, year"),
    ("subscription_periods", "interval", "Month", "is not one of day, week, month, year"),
    ("subscription_periods", "interval_count", "0", POSITIVE_COUNT),
    ("subscription_periods", "interval_count", "1.5", POSITIVE_COUNT),
    ("subscription_periods", "interval_count", "many", POSITIVE_COUNT),
    ("subscription_periods", "quantity", "-1", QUANTITY),
    ("subscription_periods", "quantity", "10000000", QUANTITY),
    ("subscription_periods", "quantity", "1.0000001", QUANTITY),
    ("subscription_periods", "unit_amount", "12,5", DECIMAL),
    ("subscription_periods", "unit_amount", "1e3", DECIMAL),
    ("subscription_periods", "unit_amount", "$10", DECIMAL),
    ("subscription_periods", "unit_amount", " 10", DECIMAL),
    ("subscription_periods", "unit_amount", "nan", DECIMAL),
    ("subscription_periods", "unit_amount", ".", DECIMAL),
    ("subscription_periods", "unit_amount", "-0.01", AMOUNT),
    ("subscription_periods", "unit_amount", "10000000000", AMOUNT),
    ("subscription_periods", "unit_amount", "1" * 25, AMOUNT),
    ("subscription_periods", "unit_amount", "0.1234567", AMOUNT),
    ("subscription_periods", "currency", "usd", CURRENCY),
    ("subscription_periods", "currency", "US$", CURRENCY),
    ("subscription_periods", "currency", "EURO", CURRENCY),
    ("subscription_periods", "started_at", "01/02/2025", INSTANT),
    ("subscription_periods", "started_at", "2025-02-30", INSTANT),
    ("subscription_periods", "started_at", "2025-01-01T25:00:00Z", INSTANT),
    ("subscription_periods", "started_at", "2025-01-01T10:00:00+19:00", INSTANT),
    ("subscription_periods", "started_at", "2025-1-1", INSTANT),
    ("subscription_periods", "started_at", "1735689600", INSTANT),
    ("subscription_periods", "started_at", "infinity", INSTANT),
    ("subscription_periods", "ended_at", "never", INSTANT),
    ("subscription_periods", "cancel_requested_at", "soon", INSTANT),
    ("subscription_periods", "cancel_scheduled_for", "soon", INSTANT),
    (
        "subscription_periods",
        "status",
        "cancelled",
        "is not one of active, trialing, past_due, paused, unpaid",
    ),
    ("subscription_periods", "discount_percent", "100.1", PERCENT),
    ("subscription_periods", "discount_percent", "-1", PERCENT),
    ("subscription_periods", "discount_percent", "33.33333", PERCENT),
    ("subscription_periods", "discount_percent", "10%", DECIMAL),
    ("subscription_periods", "discount_amount", "-5", AMOUNT),
    (
        "subscription_periods",
        "discount_duration",
        "always",
        "is not one of once, repeating, forever",
    ),
    ("subscription_periods", "is_metered", "yes", FLAG),
    ("subscription_periods", "is_recurring", "1", FLAG),
    ("payments", "amount", "0", POSITIVE),
    ("payments", "amount", "0.00", POSITIVE),
    ("payments", "amount", "-10", POSITIVE),
    ("payments", "amount", "10000000000.00", POSITIVE),
    ("payments", "currency", "", "is empty; every row needs a value"),
    ("payments", "kind", "gift", "is not one of charge, refund, dispute, dispute_reversal"),
    ("payments", "status", "pending", "is not one of succeeded, failed"),
    ("payments", "tax", "-1", AMOUNT),
    ("payments", "fee", "free", DECIMAL),
    ("payments", "is_recurring", "maybe", FLAG),
    ("payments", "occurred_at", "yesterday", INSTANT),
    ("customers", "customer_id", "", "is empty; every row needs a value"),
    ("customers", "customer_id", "  ", "is empty; every row needs a value"),
    ("customers", "created_at", "2025", INSTANT),
    ("tickets", "created_at", "", "is empty; every row needs a value"),
    ("tickets", "solved_at", "2025-01-01T10", INSTANT),
    ("tickets", "replies", "-1", COUNT),
    ("tickets", "reopens", "two", COUNT),
    ("ticket_ratings", "score", "great", "is not one of good, bad, 1, 2, 3, 4, 5"),
    ("ticket_ratings", "score", "6", "is not one of good, bad, 1, 2, 3, 4, 5"),
    ("ticket_ratings", "rated_at", "?", INSTANT),
    ("usage", "occurred_on", "2025-01-05T10:00:00Z", DAY),
    ("usage", "occurred_on", "2025-02-29", DAY),
    ("usage", "quantity", "-0.5", QUANTITY),
    ("exchange_rates", "rate", "0", POSITIVE),
    ("exchange_rates", "rate", "1.12345678", POSITIVE),
    ("exchange_rates", "base", "euro", CURRENCY),
    ("exchange_rates", "rate_date", "2025-01", DAY),
]


def csv_of(*rows: dict[str, str]) -> str:
    header = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(header)]
    lines += [",".join(_csv_cell(row.get(name, "")) for name in header) for row in rows]
    return "\n".join(lines) + "\n"


def refusal(company: Company) -> list[str]:
    """Load, expect a refusal, and return the lines of its message."""
    with pytest.raises(FilesRefusedError) as refused:
        company.load()
    return [line.strip() for line in str(refused.value).splitlines()]


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Write rows of text as JSON Lines or Parquet."""
    if path.suffix == ".jsonl":
        lines = [json.dumps(row) + "\n" for row in rows]
        path.write_text("".join(lines), encoding="utf-8")
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    pq.write_table(pa.table(columns), path)


def table_key(table: str) -> str:
    """Return the column that tells rows of a table apart."""
    return FORM_BY_NAME[table].key[0]


def _csv_cell(text: str) -> str:
    return f'"{text}"' if "," in text else text


@pytest.mark.parametrize(
    ("table", "column", "value", "reason"),
    BAD_VALUES,
    ids=[f"{table}-{column}-{value[:20]}" for table, column, value, _ in BAD_VALUES],
)
def test_a_bad_value_is_named_with_file_row_column_value_and_reason(
    company: Company, table: str, column: str, value: str, reason: str
) -> None:
    good = GOOD[table]
    first = {name: f"{text}0" if name.endswith("_id") else text for name, text in good.items()}
    company.give(f"{table}.csv", csv_of(first, {**good, column: value}))

    lines = refusal(company)

    shown = f", value {value!r}" if value else ""
    assert f"{table}.csv, row 2, column {column}{shown}: {reason}" in lines


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_bad_values_are_named_alike_in_every_format(company: Company, ending: str) -> None:
    expected = []
    for table, good in GOOD.items():
        bad = [case for case in BAD_VALUES if case[0] == table][:PRINTED_PER_FILE]
        rows = [
            {**good, table_key(table): f"id{row}", column: value}
            for row, (_, column, value, _) in enumerate(bad, start=1)
        ]
        write(company.folder / f"{table}.{ending}", rows)
        expected += [
            f"{table}.{ending}, row {row}, column {column}"
            f"{f', value {value!r}' if value else ''}: {reason}"
            for row, (_, column, value, reason) in enumerate(bad, start=1)
        ]

    assert set(expected) <= set(refusal(company))


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("customers.csv", "", "customers.csv: is empty; a header row is needed"),
        (
            "customers.csv",
            "name,email\nAda,a@b.c\n",
            "customers.csv, column customer_id: is missing; the form needs this column",
        ),
        (
            "customers.csv",
            "Customer_ID,name\n1,Ada\n",
            "customers.csv, column customer_id: is missing; the file has 'Customer_ID'; names are "
            "lower-case and without blanks",
        ),
        (
            "customers.csv",
            "customer_id;name\n1;Ada\n",
            "customers.csv, column customer_id: is missing; columns are separated by commas, not "
            "by ';'",
        ),
        (
            "customers.csv",
            "customer_id,name,name\n1,Ada,Ada\n",
            "customers.csv, column name: is there twice; keep one of them",
        ),
        (
            "customers.csv",
            "customer_id,name,Name\n1,Ada,Ada\n",
            "customers.csv, column Name: differs from name in case only; keep one of them",
        ),
        (
            "customers.csv",
            "customer_id,name,\n1,Ada,\n",
            "customers.csv: column 3 has no name; name it or remove it",
        ),
        (
            "customers.csv",
            "customer_id,name\nc1,Ada\nc2\n",
            "customers.csv, row 2, value 'c2': has 1 values where the header has 2",
        ),
        (
            "customers.csv",
            "customer_id,name\nc1,Ada\nc2,Bo, Jr\n",
            "customers.csv, row 2, value 'c2,Bo, Jr': has 3 values where the header has 2; a value "
            "with a comma stands in double quotes",
        ),
        (
            "customers.csv",
            'customer_id,name\nc1,"Ada"x\nc2,Bo\n',
            "customers.csv, row 1, column name, value 'c1,\"Ada\"x': has broken quoting; a value "
            "in double quotes ends with one, and a double quote within it is written twice",
        ),
        (
            "customers.csv",
            'customer_id,name\nc1,Ada\nc2,"Bo\n',
            "customers.csv, row 2, column name, value 'c2,\"Bo': has broken quoting; a value in "
            "double quotes ends with one, and a double quote within it is written twice",
        ),
        (
            "customers.csv",
            b"customer_id,name\nc1,Ada\nc2,Jos\xe9\n",
            "customers.csv, row 2, column name, value 'c2,Jos?': is not UTF-8; save the file as "
            "UTF-8",
        ),
        (
            "customers.csv",
            "customer_id,name\nc1,Ada\n".encode("utf-16"),
            "customers.csv: is not UTF-8; save it as UTF-8",
        ),
        (
            "customers.jsonl",
            b'{"customer_id": "c1"}\n{"customer_id": "\xe9"}\n',
            'customers.jsonl, row 2, value \'{"customer_id": "\ufffd"}\': is not UTF-8; save '
            "the file as UTF-8",
        ),
        (
            "customers.jsonl",
            '{"customer_id": "c1"}\n["c2"]\n',
            "customers.jsonl, row 2, value '[\"c2\"]': is not a JSON object",
        ),
        (
            "customers.jsonl",
            '{"name": "Ada"}\n',
            "customers.jsonl, column customer_id: is missing; the form needs this column",
        ),
        (
            "customers.jsonl",
            '{"customer_id": "c1"}\n{"name": "Bo"}\n',
            "customers.jsonl, row 2, column customer_id: is empty; every row needs a value",
        ),
        (
            "customers.jsonl",
            '{"customer_id": {"id": 1}}\n',
            'customers.jsonl, row 1, column customer_id, value \'{"id": "1"}\': is nested; one '
            "plain value is needed",
        ),
        (
            "customers.csv",
            "customer_id\nc1\nc2\nc1\n",
            "customers.csv, row 3, column customer_id, value 'c1': is in row 1 already and must "
            "be unique",
        ),
        (
            "payments.csv",
            csv_of(GOOD_PAYMENT, {**GOOD_PAYMENT, "amount": "11"}),
            "payments.csv, row 2, column payment_id, value 'p1': is in row 1 already and must be "
            "unique",
        ),
        (
            "tickets.csv",
            csv_of(GOOD_TICKET, GOOD_TICKET),
            "tickets.csv, row 2, column ticket_id, value 't1': is in row 1 already and must be "
            "unique",
        ),
        (
            "exchange_rates.csv",
            csv_of(GOOD_RATE, {**GOOD_RATE, "rate": "1.2"}),
            "exchange_rates.csv, row 2, column rate_date, base, quote, value '2025-01-02, EUR, "
            "USD': is in row 1 already and must be unique",
        ),
        (
            "subscription_periods.csv",
            # One instant written in two ways, and no item in either row.
            csv_of(GOOD_PERIOD, {**GOOD_PERIOD, "started_at": "2025-01-01T01:00:00+01:00"}),
            "subscription_periods.csv, row 2, column subscription_id, item_id, started_at, value "
            "'s1, , 2025-01-01T01:00:00+01:00': is in row 1 already and must be unique",
        ),
        (
            "subscription_periods.csv",
            csv_of({**GOOD_PERIOD, "ended_at": "2024-12-31"}),
            "subscription_periods.csv, row 1, column ended_at, value '2024-12-31': is before the "
            "row's started_at 2025-01-01",
        ),
        (
            "subscription_periods.csv",
            csv_of(
                {**GOOD_PERIOD, "started_at": "2025-02-01"},
                {**GOOD_PERIOD, "ended_at": "2025-02-01T00:00:01Z"},
            ),
            "subscription_periods.csv, row 1, column started_at, value '2025-02-01': lies within "
            "the period of row 2; periods of one subscription item must not overlap (ended_at is "
            "exclusive)",
        ),
        (
            "subscription_periods.csv",
            # The first period runs on; the second ends before the third begins.
            csv_of(
                GOOD_PERIOD,
                {**GOOD_PERIOD, "started_at": "2025-02-01", "ended_at": "2025-03-01"},
                {**GOOD_PERIOD, "started_at": "2025-04-01", "ended_at": "2025-05-01"},
            ),
            "subscription_periods.csv, row 3, column started_at, value '2025-04-01': lies within "
            "the period of row 1; periods of one subscription item must not overlap (ended_at is "
            "exclusive)",
        ),
        (
            "customers.csv",
            "customer_id,name\r\nc1,Ada\nc2,Bo\r\n",
            "customers.csv: cannot be read: it mixes kinds of line endings or is broken; save it "
            "again as UTF-8 CSV",
        ),
        (
            "customers.parquet",
            b"PAR1 and then something else",
            "customers.parquet: is not a readable Parquet file",
        ),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value)[:60],
)
def test_a_broken_file_is_named_with_what_is_wrong(
    company: Company, name: str, content: str | bytes, fault: str
) -> None:
    company.give(name, content)

    assert any(line.startswith(fault) for line in refusal(company))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{bad", "is not JSON"),
        ('{"customer_id": NaN}', "is not JSON (NaN is no JSON value)"),
        ('{"customer_id": "a", "customer_id": "b"}', "is not JSON (a key is there twice)"),
        ('{"customer_id": "\\ud800"}', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
    ],
    ids=["cut off", "not a number", "twice", "half a character", "too deep"],
)
def test_a_line_that_is_no_json_is_refused(company: Company, line: str, reason: str) -> None:
    company.give("customers.jsonl", f'{{"customer_id": "c1"}}\n\n{line}\n')

    (fault,) = [text for text in refusal(company) if text.startswith("customers.jsonl, row 2")]
    assert reason in fault


def test_a_nested_parquet_column_of_the_form_is_refused(company: Company) -> None:
    pq.write_table(
        pa.table({"customer_id": ["c1"], "name": [["Ada", "Bo"]]}),
        company.folder / "customers.parquet",
    )

    assert (
        "customers.parquet, column name: is nested (VARCHAR[]); one plain value is needed"
        in refusal(company)
    )


def test_a_parquet_amount_of_too_many_decimals_is_refused(company: Company) -> None:
    rows = {**GOOD_PAYMENT, "amount": 0.1 + 0.2}
    pq.write_table(pa.Table.from_pylist([rows]), company.folder / "payments.parquet")

    assert any("row 1, column amount" in line and POSITIVE in line for line in refusal(company))


def test_all_faults_of_all_files_come_in_one_go(company: Company) -> None:
    company.give("customers.csv", "customer_id,created_at\n,2025-01-01\nc2,soon\n")
    company.give("payments.csv", csv_of({**GOOD_PAYMENT, "amount": "x", "currency": "usd"}))
    company.give("tickets.jsonl", "{bad\n")
    company.give("usage.csv", "customer_id\nc1\n")

    lines = refusal(company)

    assert "is refused for 7 faults" in lines[0]
    assert len(lines) == 1 + 7


def test_rows_keep_their_numbers_after_a_row_that_cannot_be_read(company: Company) -> None:
    company.give(
        "customers.csv",
        'customer_id,created_at,name\nc1,2025-01-01,"two\nlines"\nc2\nc3,soon,x\nc4\nc5,later,x\n',
    )

    lines = refusal(company)

    assert [line.split(",")[1].split(":")[0].strip() for line in lines[1:]] == [
        "row 2",
        "row 3",
        "row 4",
        "row 5",
    ]


def test_what_is_printed_of_a_file_is_capped_and_says_how_many_more(company: Company) -> None:
    company.give("customers.csv", "customer_id,created_at\n" + "c,soon\n" * 1000)
    company.give("payments.csv", csv_of({**GOOD_PAYMENT, "amount": "x"}))

    lines = refusal(company)

    # 1,000 bad instants, 999 repeats of one id, and one bad amount.
    assert "is refused for 2,000 faults" in lines[0]
    assert len(lines) == 1 + 50 + 1 + 1
    assert "customers.csv: and 1,949 more faults" in lines
    assert any(line.startswith("payments.csv, row 1") for line in lines)


def test_a_long_or_hostile_value_is_shown_short_and_harmless(company: Company) -> None:
    company.give("payments.csv", csv_of({**GOOD_PAYMENT, "kind": "\x1b[31m" + "x" * 500}))

    (fault,) = refusal(company)[1:]

    assert "\x1b" not in fault
    assert len(fault) < 250


def test_nothing_is_loaded_after_a_refusal_and_what_was_loaded_stays(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.load()
    loads = company.query("SELECT load_id FROM raw_files._dlt_loads")
    company.give("customers.csv", CUSTOMERS + "c4,Di\n")
    company.give("payments.csv", PAYMENTS + "p1,c1,2025-03-01,1,USD\n")

    refusal(company)

    assert company.current("customers") == [("c1",), ("c2",), ("c3",)]
    assert company.count("payments") == 0
    assert company.query("SELECT load_id FROM raw_files._dlt_loads") == loads
    assert list((company.home / "pipelines").iterdir()) == []


def test_one_table_in_two_formats_is_refused(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.give("customers.jsonl", '{"customer_id": "c1"}\n')

    assert "customers.jsonl: is there beside customers.csv; keep one of the two" in refusal(company)


def test_a_link_that_leads_out_of_the_folder_is_refused(company: Company, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(CUSTOMERS, encoding="utf-8")
    (company.folder / "customers.csv").symlink_to(tmp_path / "secret.csv")
    (company.folder / "payments.csv").symlink_to(tmp_path / "nothing")

    lines = refusal(company)

    assert (
        "customers.csv: is a link that leads out of the folder; put the file itself here" in lines
    )
    assert "payments.csv: is a link to nothing; mend or remove it" in lines


def test_a_link_within_the_folder_is_followed(company: Company) -> None:
    company.give("export-2025.csv", CUSTOMERS)
    (company.folder / "customers.csv").symlink_to("export-2025.csv")

    company.load()

    assert company.current("customers") == [("c1",), ("c2",), ("c3",)]


def test_a_folder_named_like_a_file_is_refused(company: Company) -> None:
    (company.folder / "customers.csv").mkdir()

    assert "customers.csv: is not a file; remove it" in refusal(company)


def test_a_missing_folder_a_file_and_an_empty_folder_are_each_told(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError, match="holds no file of the form; name the files customers"):
        company.load()
    monkeypatch.setenv("PERENE_FILES_PATH", str(company.folder / "absent"))
    with pytest.raises(SourceError, match="absent is not there; create it or set PERENE_FILES"):
        company.load()
    monkeypatch.setenv("PERENE_FILES_PATH", str(company.give("customers.csv", CUSTOMERS)))
    with pytest.raises(SourceError, match=r"customers.csv is not a folder"):
        company.load()
    monkeypatch.delenv("PERENE_FILES_PATH")
    with pytest.raises(SettingsError, match="PERENE_FILES_PATH is not set"):
        company.load()


def test_an_unreadable_folder_or_file_is_told(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS).chmod(0)
    with ordinary_permissions():
        # Told beforehand as a fault, or when it is opened, as the system answers for this user.
        with pytest.raises(SourceError, match=r"customers.csv:? cannot be read.*let this user"):
            company.load()
        company.folder.chmod(0)
        try:
            with pytest.raises(SourceError, match="cannot be read"):
                company.load()
        finally:
            company.folder.chmod(0o700)


def test_a_path_that_would_be_a_pattern_is_refused(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "exports [1]"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    monkeypatch.setenv("PERENE_FILES_PATH", str(folder))

    with pytest.raises(SourceError, match="rename the folder"):
        company.load()


def test_trailing_zeros_and_bounds_are_no_faults(company: Company) -> None:
    company.give(
        "payments.csv",
        csv_of(
            {**GOOD_PAYMENT, "payment_id": "a", "amount": "0012.50000000000"},
            {**GOOD_PAYMENT, "payment_id": "b", "amount": "9999999999.999999"},
            {**GOOD_PAYMENT, "payment_id": "c", "amount": "0.000001"},
            {**GOOD_PAYMENT, "payment_id": "d", "amount": "+5."},
        ),
    )

    company.load()

    assert company.current("payments", "amount") == [
        (Decimal("12.500000"),),
        (Decimal("9999999999.999999"),),
        (Decimal("0.000001"),),
        (Decimal("5.000000"),),
    ]


def test_adjoining_and_empty_periods_do_not_overlap(company: Company) -> None:
    company.give(
        "subscription_periods.csv",
        csv_of(
            {**GOOD_PERIOD, "ended_at": "2025-02-01"},
            {**GOOD_PERIOD, "started_at": "2025-02-01", "ended_at": ""},
            {**GOOD_PERIOD, "started_at": "2025-03-01", "ended_at": "2025-03-01"},
            {**GOOD_PERIOD, "item_id": "extra", "ended_at": ""},
            {**GOOD_PERIOD, "subscription_id": "s2", "ended_at": ""},
        ),
    )

    company.load()

    assert len(company.current("subscription_periods")) == 5


def test_every_refusal_is_an_error_an_operator_can_correct() -> None:
    assert issubclass(FilesRefusedError, PereneError)
