"""Holds the rows of a file against the form, types them, and counts the control totals.

Everything is SQL over the text columns of a `ReadFile`. A first pass only counts; the faulty rows
are fetched only when there are any.
"""

from collections.abc import Iterator
from datetime import datetime

import duckdb
import pyarrow as pa

from ingestion.files.faults import PRINTED_PER_FILE, Fault
from ingestion.files.reading import BATCH_ROWS, ReadFile, Workshop, quoted
from ingestion.files.tables import CONTROL_TOTALS, Check, FormColumn, FormTable
from ingestion.tables import Kind

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
_OFFSET = " ?(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)"

# as_decimal(text): every range of the form fits 18 digits, and a cast of text to a wider decimal
# takes a hundred times as long.
# as_instant(text, zone): the instant, NULL if the text is none. Without an offset the local time
# of the zone is meant; an hour that occurs twice is read as its second time, one that the clocks
# skip is moved on by what they skip.
MACROS = f"""
CREATE MACRO offset_minutes(zone_text) AS
    CASE WHEN zone_text = 'Z' THEN 0 ELSE
        (CASE WHEN zone_text[1] = '-' THEN -1 ELSE 1 END) * (
            CAST(zone_text[2:3] AS BIGINT) * 60
            + CASE WHEN length(zone_text) > 3 THEN CAST(right(zone_text, 2) AS BIGINT) ELSE 0 END)
    END;
CREATE MACRO local_time(text, zone_text) AS
    TRY_CAST(rtrim(left(text, length(text) - length(zone_text))) AS TIMESTAMP);
CREATE MACRO instant_of(text, zone_text, zone) AS
    CASE WHEN zone_text = '' THEN timezone(zone, local_time(text, zone_text))
        ELSE timezone('UTC', local_time(text, zone_text) - to_minutes(offset_minutes(zone_text)))
    END;
CREATE MACRO as_instant(text, zone) AS
    CASE WHEN regexp_full_match(text, '{_DATE}([T ]{_TIME}({_OFFSET})?)?')
        THEN instant_of(text, regexp_extract(text[12:], '(Z|[+-].*)$'), zone)
    END;
CREATE MACRO as_day(text) AS
    CASE WHEN regexp_full_match(text, '{_DATE}([T ]00:00(:00([.]0+)?)?)?')
        THEN TRY_CAST(text[1:10] AS DATE)
    END;
CREATE MACRO is_decimal(text) AS
    regexp_full_match(text, '[+-]?([0-9]{{1,30}}([.][0-9]*)?|[.][0-9]+)');
CREATE MACRO has_decimals_within(text, places) AS
    regexp_full_match(text, '[^.]*([.][0-9]{{0,' || places || '}}0*)?');
CREATE MACRO as_decimal(text) AS
    CASE WHEN is_decimal(text) THEN TRY_CAST(text AS DECIMAL(18,6)) END;
CREATE MACRO as_whole(text) AS
    CASE WHEN regexp_full_match(text, '[0-9]{{1,18}}([.]0*)?')
        THEN TRY_CAST(split_part(text, '.', 1) AS BIGINT)
    END;
CREATE MACRO as_flag(text) AS
    CASE lower(text) WHEN 'true' THEN true WHEN 'false' THEN false END;
CREATE MACRO key_part(text) AS
    replace(replace(coalesce(text, ''), '\\', '\\\\'), '|', '\\|');
"""

_NOT_DECIMAL = "is not a decimal number with a point, such as 1234.50"
_RANGES: dict[Check, tuple[str, int]] = {
    Check.AMOUNT: ("{0} >= 0 AND {0} < 10000000000", 6),
    Check.POSITIVE_AMOUNT: ("{0} > 0 AND {0} < 10000000000", 6),
    Check.QUANTITY: ("{0} >= 0 AND {0} < 10000000", 6),
    Check.PERCENT: ("{0} >= 0 AND {0} <= 100", 4),
    Check.COUNT: ("{0} BETWEEN 0 AND 1000000000", 0),
    Check.POSITIVE_COUNT: ("{0} BETWEEN 1 AND 1000000000", 0),
}


def faults_of_rows(
    workshop: Workshop, read: ReadFile, zone: str
) -> Iterator[tuple[int, list[Fault]]]:
    """Yield, check by check, how many faults there are and the first of them.

    Args:
        workshop: Where the file was read.
        read: The file; its relation must exist.
        zone: Reporting time zone, for instants without an offset.
    """
    table = read.file.table
    yield _value_faults(workshop, read, zone)
    if table.is_unique:
        yield _repeated_keys(workshop, read, zone)
    if table.spans:
        yield _ends_before_starts(workshop, read, zone)
        yield _overlaps(workshop, read, zone)


def typed_rows(
    workshop: Workshop, read: ReadFile, zone: str, observed_at: datetime
) -> Iterator[pa.Table]:
    """Yield the rows of a file as they go into its raw table."""
    table = read.file.table
    columns = ", ".join(f'{_typed(column, zone)} AS "{column.name}"' for column in table.columns)
    query = f"""
        SELECT {_record_id(table, zone)} AS record_id, row_number,
            CAST({quoted(observed_at.isoformat())} AS TIMESTAMPTZ) AS observed_at,
            payload, {columns}
        FROM "{read.relation}"
    """  # noqa: S608
    # A cursor of its own: another query on the same connection would end this one.
    cursor = workshop.connection.cursor()
    reader = cursor.execute(query).to_arrow_reader(BATCH_ROWS)
    for batch in reader:
        yield pa.Table.from_batches([batch]).cast(table.raw.arrow_schema)
    cursor.close()


def control_totals(workshop: Workshop, read: ReadFile, zone: str) -> pa.Table:
    """Return count and sum of a file's rows by local month and currency, from its text."""
    table = read.file.table
    time = _key(table, table.time_column, zone)
    if _column(table, table.time_column).kind is Kind.INSTANT:
        time = f"timezone({quoted(zone)}, {time})"
    currency = f'"{table.currency_column}"' if table.currency_column else "NULL"
    amount = "NULL"
    if table.amount_column:
        amount = f'sum(CAST("{table.amount_column}" AS DECIMAL(18,6)))'
    query = f"""
        SELECT {quoted(table.name)} AS file_table,
            CAST(date_trunc('month', {time}) AS DATE) AS month,
            CAST({currency} AS VARCHAR) AS currency,
            count(*) AS row_count,
            CAST({amount} AS DECIMAL(38,6)) AS amount_sum
        FROM "{read.relation}"
        GROUP BY ALL ORDER BY ALL
    """  # noqa: S608
    found: pa.Table = workshop.connection.execute(query).to_arrow_table()
    return found.cast(CONTROL_TOTALS.arrow_schema)


def _value_faults(workshop: Workshop, read: ReadFile, zone: str) -> tuple[int, list[Fault]]:
    reasons = {column.name: _reason(column, zone) for column in read.file.table.columns}
    given = {name: reason for name, reason in reasons.items() if reason is not None}
    counts = ", ".join(f"count({reason})" for reason in given.values())
    relation = f'"{read.relation}"'
    row = workshop.connection.execute(f"SELECT {counts} FROM {relation}").fetchone()  # noqa: S608
    found: list[Fault] = []
    total = 0
    for (name, reason), count in zip(given.items(), row or (), strict=True):
        if not count:
            continue
        total += count
        rows = workshop.connection.execute(
            f"""
            SELECT row_number, "{name}", {reason} AS reason FROM {relation}
            WHERE reason IS NOT NULL ORDER BY row_number LIMIT {PRINTED_PER_FILE}
            """  # noqa: S608
        ).fetchall()
        found += [
            Fault(read.file.name, reason, read.true_row(number), name, value)
            for number, value, reason in rows
        ]
    return total, found


def _repeated_keys(workshop: Workshop, read: ReadFile, zone: str) -> tuple[int, list[Fault]]:
    table = read.file.table
    keys = ", ".join(_key(table, name, zone) for name in table.key)
    complete = " AND ".join(
        f"{_key(table, name, zone)} IS NOT NULL"
        for name in table.key
        if _column(table, name).required
    )
    repeated = f"""
        SELECT min(row_number) AS first_row, count(*) AS row_count
        FROM "{read.relation}" WHERE {complete} GROUP BY {keys} HAVING count(*) > 1
    """  # noqa: S608
    count = _number(workshop.connection, f"SELECT sum(row_count - 1) FROM ({repeated})")  # noqa: S608
    if not count:
        return 0, []
    values = ", ".join(f"coalesce(\"{name}\", '')" for name in table.key)
    rows = workshop.connection.execute(
        f"""
        SELECT row_number, concat_ws(', ', {values}),
            min(row_number) OVER (PARTITION BY {keys}) AS first_row
        FROM "{read.relation}" WHERE {complete}
        QUALIFY row_number > first_row ORDER BY row_number LIMIT {PRINTED_PER_FILE}
        """  # noqa: S608
    ).fetchall()
    return count, [
        Fault(
            read.file.name,
            f"is in row {read.true_row(first)} already and must be unique",
            read.true_row(number),
            ", ".join(table.key),
            value,
        )
        for number, value, first in rows
    ]


def _ends_before_starts(workshop: Workshop, read: ReadFile, zone: str) -> tuple[int, list[Fault]]:
    start, end = (_key(read.file.table, name, zone) for name in ("started_at", "ended_at"))
    source = f'FROM "{read.relation}" WHERE {end} < {start}'
    count = _number(workshop.connection, f"SELECT count(*) {source}")
    if not count:
        return 0, []
    rows = workshop.connection.execute(
        f"SELECT row_number, ended_at, started_at {source} "
        f"ORDER BY row_number LIMIT {PRINTED_PER_FILE}"
    ).fetchall()
    return count, [
        Fault(
            read.file.name,
            f"is before the row's started_at {start_text}",
            read.true_row(number),
            "ended_at",
            end_text,
        )
        for number, end_text, start_text in rows
    ]


def _overlaps(workshop: Workshop, read: ReadFile, zone: str) -> tuple[int, list[Fault]]:
    table = read.file.table
    start, end = (_key(table, name, zone) for name in ("started_at", "ended_at"))
    spans = ", ".join(f'"{name}"' for name in table.spans)
    overlapping = f"""
        WITH periods AS (
            SELECT row_number, {spans}, {start} AS started, started_at,
                CASE WHEN ended_at IS NULL THEN CAST('infinity' AS TIMESTAMPTZ) ELSE {end} END
                    AS ended
            FROM "{read.relation}"
        ),
        neighbours AS (
            SELECT row_number, started, started_at,
                max(ended) OVER earlier AS covered_until,
                arg_max(row_number, ended) OVER earlier AS covering_row,
                lag(started) OVER earlier AS previous_start
            FROM periods
            -- A period of no length covers nothing; two that start together repeat their key.
            WHERE started < ended
            WINDOW earlier AS (
                PARTITION BY {spans} ORDER BY started, row_number
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        )
        SELECT row_number, started_at, covering_row FROM neighbours
        WHERE started < covered_until AND started > previous_start
    """  # noqa: S608
    count = _number(workshop.connection, f"SELECT count(*) FROM ({overlapping})")  # noqa: S608
    if not count:
        return 0, []
    rows = workshop.connection.execute(
        f"{overlapping} ORDER BY row_number LIMIT {PRINTED_PER_FILE}"
    ).fetchall()
    return count, [
        Fault(
            read.file.name,
            f"lies within the period of row {read.true_row(covering)}; periods of one "
            "subscription item must not overlap (ended_at is exclusive)",
            read.true_row(number),
            "started_at",
            value,
        )
        for number, value, covering in rows
    ]


def _reason(column: FormColumn, zone: str) -> str | None:
    """Return SQL for what is wrong with a column's text; NULL when nothing is."""
    text = f'"{column.name}"'
    cases: list[tuple[str, str]] = []
    if column.required:
        cases.append((f"{text} IS NULL OR trim({text}) = ''", "is empty; every row needs a value"))
    if column.values:
        allowed = ", ".join(quoted(value) for value in column.values)
        cases.append((f"{text} NOT IN ({allowed})", f"is not one of {', '.join(column.values)}"))
    elif column.check is Check.CURRENCY:
        cases.append(
            (f"NOT regexp_full_match({text}, '[A-Z]{{3}}')", f"is not {column.check.value}")
        )
    elif column.kind is Kind.INSTANT:
        cases.append(
            (
                f"{text} IS NOT NULL AND {_typed(column, zone)} IS NULL",
                "is not an ISO 8601 instant, such as 2025-03-01 or 2025-03-01T09:30:00Z",
            )
        )
    elif column.kind is Kind.DAY:
        cases.append(
            (
                f"{text} IS NOT NULL AND {_typed(column, zone)} IS NULL",
                "is not an ISO 8601 day, such as 2025-03-01",
            )
        )
    elif column.kind is Kind.FLAG:
        cases.append((f"lower({text}) NOT IN ('true', 'false')", "is not one of true, false"))
    elif column.check is not None:
        bounds, places = _RANGES[column.check]
        wrong = f"is not {column.check.value}"
        if column.kind is Kind.DECIMAL:
            cases.append((f"NOT is_decimal({text})", _NOT_DECIMAL))
            cases.append((f"NOT has_decimals_within({text}, '{places}')", wrong))
            within = bounds.format(f"as_decimal({text})")
        else:
            within = bounds.format(f"as_whole({text})")
        cases.append((f"{text} IS NOT NULL AND NOT coalesce({within}, false)", wrong))
    if not cases:
        return None
    whens = " ".join(f"WHEN {test} THEN {quoted(reason)}" for test, reason in cases)
    return f"(CASE {whens} END)"


def _typed(column: FormColumn, zone: str) -> str:
    text = f'"{column.name}"'
    return {
        Kind.TEXT: text,
        Kind.INSTANT: f"as_instant({text}, {quoted(zone)})",
        Kind.DAY: f"as_day({text})",
        Kind.FLAG: f"as_flag({text})",
        Kind.WHOLE: f"as_whole({text})",
        Kind.DECIMAL: f"CAST(as_decimal({text}) AS DECIMAL(28,6))",
    }[column.kind]


def _key(table: FormTable, name: str, zone: str) -> str:
    return _typed(_column(table, name), zone)


def _record_id(table: FormTable, zone: str) -> str:
    parts = []
    for name in table.key:
        column = _column(table, name)
        text = _typed(column, zone)
        if column.kind is Kind.INSTANT:
            # One instant has one name, however the file wrote it.
            text = f"strftime(timezone('UTC', {text}), '%Y-%m-%dT%H:%M:%S.%fZ')"
        parts.append(f"CAST({text} AS VARCHAR)")
    if not table.is_unique:
        parts.append("CAST(row_number AS VARCHAR)")
    if len(parts) == 1:
        return parts[0]
    return " || '|' || ".join(f"key_part({part})" for part in parts)


def _column(table: FormTable, name: str) -> FormColumn:
    return next(column for column in table.columns if column.name == name)


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0
