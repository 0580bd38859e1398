"""The figures of a KPI pack: read once from the published snapshot, then frozen.

Every rendering takes its figures from here, so that no two can differ, and the stored figures are
what a pack is made of again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import ReportError

_SIX_PLACES = Decimal("0.000001")
_TOP_CUSTOMERS = 20


class Kind(StrEnum):
    """What a figure is, which decides how it is written and compared."""

    MONEY = "money"
    COUNT = "count"
    RATE = "rate"
    RATIO = "ratio"


@dataclass(frozen=True)
class Headline:
    """A KPI of the month beside that of the month before.

    Attributes:
        key: Its column in the mart kpis_monthly.
        label: Its name for people.
        kind: What it is.
        value: The month's; None where it is unknown.
        previous: The month before's.
        change: The difference; for a rate a difference of fractions (0.01 is one point).
        relative_change: The difference as a fraction of the month before; none for rates and
            ratios, and where the month before is not above 0.
    """

    key: str
    label: str
    kind: Kind
    value: Decimal | None
    previous: Decimal | None
    change: Decimal | None
    relative_change: Decimal | None


@dataclass(frozen=True)
class Movement:
    """One step from the month's opening MRR to its closing MRR; signed.

    Attributes:
        label: Its name for people.
        amount: MRR in the reporting currency.
        customers: Customers it is about, where they are counted.
        is_level: It is the opening or the closing itself, not a step.
    """

    label: str
    amount: Decimal | None
    customers: Decimal | None
    is_level: bool


@dataclass(frozen=True)
class PlanLine:
    """One plan at the month's close."""

    plan: str
    customers: Decimal | None
    closing_mrr: Decimal | None
    net_new_mrr: Decimal | None
    share: Decimal | None


@dataclass(frozen=True)
class CustomerLine:
    """One of the customers with the most MRR at the month's close."""

    customer_id: str
    name: str
    mrr: Decimal | None
    share: Decimal | None


@dataclass(frozen=True)
class Foot:
    """What the figures rest on; stands under every rendering."""

    policy: str
    policy_version: str
    currency: str
    time_zone: str
    as_of: str
    run_id: str
    version: str


@dataclass(frozen=True)
class KpiFigures:
    """Everything a KPI pack says of one month.

    Attributes:
        month: ``YYYY-MM``.
        headlines: The KPIs.
        movements: From opening to closing MRR.
        plans: By plan, largest first.
        customers: The customers with the most MRR, largest first.
        foot: What the figures rest on.
    """

    month: str
    headlines: tuple[Headline, ...]
    movements: tuple[Movement, ...]
    plans: tuple[PlanLine, ...]
    customers: tuple[CustomerLine, ...]
    foot: Foot

    def to_json(self) -> str:
        """The figures as JSON, amounts as text, so that nothing is lost."""
        return json.dumps(asdict(self), default=str, ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "KpiFigures":
        """Reads figures that ``to_json`` wrote."""
        stored = json.loads(text)
        return cls(
            month=stored["month"],
            headlines=tuple(
                Headline(
                    item["key"],
                    item["label"],
                    Kind(item["kind"]),
                    *(
                        _decimal(item[name])
                        for name in ("value", "previous", "change", "relative_change")
                    ),
                )
                for item in stored["headlines"]
            ),
            movements=tuple(
                Movement(
                    item["label"],
                    _decimal(item["amount"]),
                    _decimal(item["customers"]),
                    item["is_level"],
                )
                for item in stored["movements"]
            ),
            plans=tuple(
                PlanLine(
                    item["plan"],
                    *(
                        _decimal(item[name])
                        for name in ("customers", "closing_mrr", "net_new_mrr", "share")
                    ),
                )
                for item in stored["plans"]
            ),
            customers=tuple(
                CustomerLine(
                    item["customer_id"],
                    item["name"],
                    _decimal(item["mrr"]),
                    _decimal(item["share"]),
                )
                for item in stored["customers"]
            ),
            foot=Foot(**stored["foot"]),
        )


_HEADLINES = (
    ("closing_mrr", "MRR", Kind.MONEY),
    ("arr", "ARR", Kind.MONEY),
    ("net_new_mrr", "Net new MRR", Kind.MONEY),
    ("closing_customers", "Customers", Kind.COUNT),
    ("arpu", "ARPU", Kind.MONEY),
    ("customer_churn_rate", "Customer churn", Kind.RATE),
    ("nrr", "Net revenue retention", Kind.RATE),
    ("grr", "Gross revenue retention", Kind.RATE),
    ("quick_ratio", "Quick ratio", Kind.RATIO),
    ("cltv_formula", "Customer lifetime value", Kind.MONEY),
)

_MOVEMENTS = (
    ("Opening MRR", "opening_mrr", "opening_customers", True),
    ("New", "new_mrr", "new_customers", False),
    ("Expansion", "expansion_mrr", None, False),
    ("Reactivation", "reactivation_mrr", "reactivated_customers", False),
    ("Contraction", "contraction_mrr", None, False),
    ("Churned", "churned_mrr", "churned_customers", False),
    ("Exchange rates", "fx_mrr", None, False),
    ("Restated", "restated_mrr", None, False),
    ("Closing MRR", "closing_mrr", "closing_customers", True),
)


def read_figures(snapshot: Path, month: str) -> KpiFigures:
    """Reads the figures of a closed month from a published snapshot.

    Args:
        snapshot: The snapshot's file.
        month: ``YYYY-MM``.

    Returns:
        The figures.

    Raises:
        ReportError: The month is not in the snapshot, or not closed in it.
    """
    first = date.fromisoformat(f"{month}-01")
    before = (first - timedelta(days=1)).replace(day=1)
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        published = _rows(connection, "from marts._published")[0]
        months = {
            row["metric_month"]: row
            for row in _rows(
                connection,
                "from marts.kpis_monthly where metric_month in (?, ?)",
                [first, before],
            )
        }
        current = _closed_month(connection, months.get(first), month, published)
        previous = months.get(before, {})
        tables = _tables(connection)
        return KpiFigures(
            month=month,
            headlines=tuple(
                _headline(key, label, kind, current.get(key), previous.get(key))
                for key, label, kind in _HEADLINES
            ),
            movements=tuple(
                Movement(
                    label,
                    _decimal(current.get(amount)),
                    _decimal(current.get(customers)) if customers else None,
                    is_level,
                )
                for label, amount, customers, is_level in _MOVEMENTS
            ),
            plans=_plans(connection, first, current, tables),
            customers=_customers(connection, first, current, tables),
            foot=Foot(
                policy=str(current["policy"]),
                policy_version=str(current["policy_version"]),
                currency=str(current["currency"]),
                time_zone=str(published["time_zone"]),
                as_of=f"{published['as_of']:%Y-%m-%d %H:%M:%S} UTC",
                run_id=str(published["run_id"]),
                version=str(published["version"]),
            ),
        )


def last_closed_month(snapshot: Path) -> str | None:
    """The newest month that is closed in a published snapshot, ``YYYY-MM``; None if none is."""
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        month = _rows(
            connection, "select max(metric_month) as month from marts.kpis_monthly where is_closed"
        )[0]["month"]
    return f"{month:%Y-%m}" if month else None


_PLANS = "kpis_monthly_by_segment"
_PLAN_NAMES = "dim_plans"
_CUSTOMER_MRR = "fct_customer_mrr_monthly"
_NAMED_CUSTOMERS = """
    select customer_id, dim_customers.name, mrr
    from marts.fct_customer_mrr_monthly
    left join marts.dim_customers using (customer_id)
    where metric_month = ? and mrr > 0 order by mrr desc, customer_id limit ?
"""
_UNNAMED_CUSTOMERS = """
    select customer_id, null as name, mrr
    from marts.fct_customer_mrr_monthly
    where metric_month = ? and mrr > 0 order by mrr desc, customer_id limit ?
"""


def _closed_month(
    connection: duckdb.DuckDBPyConnection,
    row: Mapping[str, Any] | None,
    month: str,
    published: Mapping[str, Any],
) -> Mapping[str, Any]:
    as_of = f"{published['as_of']:%Y-%m-%d %H:%M} UTC"
    if row is None:
        span = _rows(
            connection,
            "select min(metric_month) as first, max(metric_month) as last from marts.kpis_monthly",
        )[0]
        known = f"{span['first']:%Y-%m} to {span['last']:%Y-%m}" if span["first"] else "none at all"
        raise ReportError(
            f"There are no KPIs of {month}: the published months are {known} (data as of {as_of}). "
            "Choose one of them, or run `make run` first."
        )
    if not row["is_closed"]:
        raise ReportError(
            f"{month} is not closed in the published data (as of {as_of}): a month closes three "
            "days after its end. Run `make run` when it has closed, then ask for the pack again."
        )
    return row


def _headline(key: str, label: str, kind: Kind, value: object, previous: object) -> Headline:
    now, then = _decimal(value), _decimal(previous)
    change = now - then if now is not None and then is not None else None
    relative = None
    if change is not None and then is not None and then > 0 and kind in (Kind.MONEY, Kind.COUNT):
        relative = _six_places(change / then)
    return Headline(key, label, kind, now, then, change, relative)


def _plans(
    connection: duckdb.DuckDBPyConnection,
    month: date,
    current: Mapping[str, Any],
    tables: set[str],
) -> tuple[PlanLine, ...]:
    if _PLANS not in tables:
        return ()
    names: dict[str, str] = {}
    if _PLAN_NAMES in tables:
        found = _rows(connection, f"select plan_id, name from marts.{_PLAN_NAMES}", [])  # noqa: S608
        names = {row["plan_id"]: row["name"] for row in found}
    rows = _rows(
        connection,
        "select segment_value, closing_customers, closing_mrr, net_new_mrr "
        "from marts.kpis_monthly_by_segment "
        "where segment_kind = 'plan' and metric_month = ? "
        "and (closing_mrr <> 0 or opening_mrr <> 0) order by closing_mrr desc, segment_value",
        [month],
    )
    return tuple(
        PlanLine(
            str(names.get(row["segment_value"], row["segment_value"])),
            _decimal(row["closing_customers"]),
            _decimal(row["closing_mrr"]),
            _decimal(row["net_new_mrr"]),
            _share(row["closing_mrr"], current["closing_mrr"]),
        )
        for row in rows
    )


def _customers(
    connection: duckdb.DuckDBPyConnection,
    month: date,
    current: Mapping[str, Any],
    tables: set[str],
) -> tuple[CustomerLine, ...]:
    if _CUSTOMER_MRR not in tables:
        return ()
    rows = _rows(
        connection,
        _NAMED_CUSTOMERS if "dim_customers" in tables else _UNNAMED_CUSTOMERS,
        [month, _TOP_CUSTOMERS],
    )
    return tuple(
        CustomerLine(
            str(row["customer_id"]),
            str(row["name"] or ""),
            _decimal(row["mrr"]),
            _share(row["mrr"], current["closing_mrr"]),
        )
        for row in rows
    )


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {
        row["table_name"]
        for row in _rows(
            connection,
            "select table_name from information_schema.tables where table_schema = 'marts'",
        )
    }


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: list[object] | None = None
) -> list[dict[str, Any]]:
    found = connection.execute(query, values or [])
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _share(part: object, whole: object) -> Decimal | None:
    numerator, denominator = _decimal(part), _decimal(whole)
    if numerator is None or not denominator:
        return None
    return _six_places(numerator / denominator)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _six_places(value: Decimal) -> Decimal:
    return value.quantize(_SIX_PLACES, rounding=ROUND_HALF_UP)
