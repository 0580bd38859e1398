"""The form of the `files` source as data: tables, columns, what they may hold, and keys."""

from dataclasses import dataclass
from enum import Enum

from ingestion.tables import Kind, RawTable

SWITCH = "PERENE_FILES_PATH"
FORMATS = ("csv", "parquet", "jsonl")

# Counts up whenever the same file would be read into other rows; files are then read again.
FORM_VERSION = 1


class Check(Enum):
    """What a value must be beyond its type."""

    CURRENCY = "three upper-case letters such as USD"
    AMOUNT = "at least 0 and below 10,000,000,000, with at most 6 decimals"
    POSITIVE_AMOUNT = "above 0 and below 10,000,000,000, with at most 6 decimals"
    QUANTITY = "at least 0 and below 10,000,000, with at most 6 decimals"
    PERCENT = "from 0 to 100, with at most 4 decimals"
    COUNT = "a whole number from 0 to 1,000,000,000"
    POSITIVE_COUNT = "a whole number from 1 to 1,000,000,000"


@dataclass(frozen=True)
class FormColumn:
    """A column of the form.

    Attributes:
        name: As in the file's header.
        kind: Its type in the raw table.
        required: Whether the file must have the column and every row a value.
        check: What a value must be beyond its type.
        values: The only values allowed; empty when any is.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    check: Check | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormTable:
    """A file of the form.

    Attributes:
        name: The file's name without its ending, and the raw table's name.
        columns: The columns the form knows; a file may have more.
        key: Columns that together name a row.
        is_unique: Whether two rows may not have one key; else the row number is part of the id.
        time_column: The instant or day that puts a row into a month of the control totals.
        amount_column: What the control totals add up.
        currency_column: What the control totals are split by.
        spans: Columns that name what the periods [started_at, ended_at) belong to and must not
            overlap within; empty when the rows are no periods.
        dropped: Columns whose values are kept nowhere, unless FILES_KEEP_COMMENTS says so.
    """

    name: str
    columns: tuple[FormColumn, ...]
    key: tuple[str, ...]
    time_column: str
    is_unique: bool = True
    amount_column: str | None = None
    currency_column: str | None = None
    spans: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def raw(self) -> RawTable:
        """The raw table: the envelope, then the form's columns."""
        return RawTable(self.name, ENVELOPE + tuple((c.name, c.kind) for c in self.columns))

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns a file must have."""
        return tuple(column.name for column in self.columns if column.required)


ENVELOPE = (
    ("record_id", Kind.TEXT),
    ("row_number", Kind.WHOLE),
    ("observed_at", Kind.INSTANT),
    ("payload", Kind.TEXT),
)


def _text(name: str, *values: str, required: bool = False) -> FormColumn:
    return FormColumn(name, Kind.TEXT, required=required, values=values)


def _instant(name: str, *, required: bool = False) -> FormColumn:
    return FormColumn(name, Kind.INSTANT, required=required)


def _day(name: str) -> FormColumn:
    return FormColumn(name, Kind.DAY, required=True)


def _flag(name: str) -> FormColumn:
    return FormColumn(name, Kind.FLAG)


def _decimal(name: str, check: Check, *, required: bool = False) -> FormColumn:
    return FormColumn(name, Kind.DECIMAL, required=required, check=check)


def _count(name: str, check: Check = Check.COUNT) -> FormColumn:
    return FormColumn(name, Kind.WHOLE, check=check)


def _currency(name: str) -> FormColumn:
    return FormColumn(name, Kind.TEXT, required=True, check=Check.CURRENCY)


FORM: tuple[FormTable, ...] = (
    FormTable(
        name="customers",
        columns=(
            _text("customer_id", required=True),
            _text("name"),
            _text("email"),
            _text("company"),
            _text("country"),
            _instant("created_at"),
            _text("external_id"),
            _text("segment"),
            _text("acquisition_channel"),
        ),
        key=("customer_id",),
        time_column="created_at",
    ),
    FormTable(
        name="subscription_periods",
        columns=(
            _text("subscription_id", required=True),
            _text("customer_id", required=True),
            _text("plan", required=True),
            _instant("started_at", required=True),
            _instant("ended_at"),
            _text("interval", "day", "week", "month", "year", required=True),
            _count("interval_count", Check.POSITIVE_COUNT),
            _decimal("quantity", Check.QUANTITY),
            _decimal("unit_amount", Check.AMOUNT, required=True),
            _currency("currency"),
            _text("item_id"),
            _text("status", "active", "trialing", "past_due", "paused", "unpaid"),
            _decimal("discount_percent", Check.PERCENT),
            _decimal("discount_amount", Check.AMOUNT),
            _text("discount_duration", "once", "repeating", "forever"),
            _flag("is_metered"),
            _flag("is_recurring"),
            _instant("cancel_requested_at"),
            _instant("cancel_scheduled_for"),
            _text("end_reason"),
        ),
        key=("subscription_id", "item_id", "started_at"),
        time_column="started_at",
        amount_column="unit_amount",
        currency_column="currency",
        spans=("subscription_id", "item_id"),
    ),
    FormTable(
        name="payments",
        columns=(
            _text("payment_id", required=True),
            _text("customer_id", required=True),
            _instant("occurred_at", required=True),
            _decimal("amount", Check.POSITIVE_AMOUNT, required=True),
            _currency("currency"),
            _text("kind", "charge", "refund", "dispute", "dispute_reversal"),
            _text("status", "succeeded", "failed"),
            _text("subscription_id"),
            _decimal("tax", Check.AMOUNT),
            _decimal("fee", Check.AMOUNT),
            _flag("is_recurring"),
            _text("failure_reason"),
        ),
        key=("payment_id",),
        time_column="occurred_at",
        amount_column="amount",
        currency_column="currency",
    ),
    FormTable(
        name="tickets",
        columns=(
            _text("ticket_id", required=True),
            _instant("created_at", required=True),
            _text("customer_id"),
            _text("requester_email"),
            _text("organization"),
            _instant("first_replied_at"),
            _instant("first_solved_at"),
            _instant("solved_at"),
            _text("status"),
            _text("priority"),
            _text("channel"),
            _text("type"),
            _text("subject"),
            _text("tags"),
            _count("replies"),
            _count("reopens"),
        ),
        key=("ticket_id",),
        time_column="created_at",
    ),
    FormTable(
        name="ticket_ratings",
        columns=(
            _text("ticket_id", required=True),
            _instant("rated_at", required=True),
            _text("score", "good", "bad", "1", "2", "3", "4", "5", required=True),
            _text("comment"),
        ),
        key=("ticket_id", "rated_at"),
        is_unique=False,
        time_column="rated_at",
        dropped=("comment",),
    ),
    FormTable(
        name="usage",
        columns=(
            _text("customer_id", required=True),
            _day("occurred_on"),
            _text("feature", required=True),
            _decimal("quantity", Check.QUANTITY),
        ),
        key=("customer_id", "occurred_on", "feature"),
        is_unique=False,
        time_column="occurred_on",
        amount_column="quantity",
    ),
    FormTable(
        name="exchange_rates",
        columns=(
            _day("rate_date"),
            _currency("base"),
            _currency("quote"),
            _decimal("rate", Check.POSITIVE_AMOUNT, required=True),
        ),
        key=("rate_date", "base", "quote"),
        time_column="rate_date",
    ),
)
FORM_BY_NAME = {table.name: table for table in FORM}

SOURCE_FILES = RawTable(
    "source_files",
    (
        ("file_table", Kind.TEXT),
        ("file_name", Kind.TEXT),
        ("content_hash", Kind.TEXT),
        ("byte_count", Kind.WHOLE),
        ("row_count", Kind.WHOLE),
        ("column_names", Kind.TEXT),
        ("unknown_column_names", Kind.TEXT),
        ("is_present", Kind.FLAG),
        ("observed_at", Kind.INSTANT),
        ("read_with", Kind.TEXT),
    ),
)
CONTROL_TOTALS = RawTable(
    "control_totals",
    (
        ("file_table", Kind.TEXT),
        ("month", Kind.DAY),
        ("currency", Kind.TEXT),
        ("row_count", Kind.WHOLE),
        ("amount_sum", Kind.TOTAL),
    ),
)
TABLES = (*(table.raw for table in FORM), SOURCE_FILES, CONTROL_TOTALS)
