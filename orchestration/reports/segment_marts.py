"""The published marts as reports read them: of the whole company, or of one segment alone.

Those of a segment have the names and columns of the company's, so that one query serves both.
What is not known of a segment, such as its cohorts, is not there.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.errors import ReportError
from orchestration.publishing.snapshot import WITHOUT_EXTENSIONS, literal
from orchestration.reports.segment import KINDS, Segment

# In which column of dim_customers, or of fct_mrr_movement_items, a kind of segment stands.
_OF_CUSTOMERS: Final = {
    "country": "country",
    "channel": "acquisition_channel",
    "segment": "segment",
}
_OF_ITEMS: Final = {
    "plan": "plan_id",
    "interval": "billing_interval",
    "native_currency": "native_currency",
    "biller": "provider",
}
# Of no customer, and the same for every segment.
_COMMON: Final = ("_published", "data_quality", "source_coverage", "dim_plans")
_MOST_NAMED: Final = 10


@contextmanager
def open_marts(
    snapshot: Path, segment: Segment | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Opens the marts of a published snapshot in the schema ``marts``, read-only.

    ``kpis_monthly`` has the columns ``transferred_in_mrr``, ``transferred_out_mrr`` and their
    customers too, which are null for the whole company. In a segment of plans and the like,
    ``mrr`` and movements are those of the segment's items, while ``customer_360`` has the
    customers with MRR in it when the data end, each whole.

    Args:
        snapshot: The snapshot's file.
        segment: The segment; the whole company when not given.

    Yields:
        A connection whose views are the marts.

    Raises:
        ReportError: The publication has no such segment.
    """
    with closing(duckdb.connect(config=WITHOUT_EXTENSIONS)) as connection:
        connection.execute(f"attach {literal(str(snapshot))} as published (read_only)")
        connection.execute("create schema marts")
        published = _tables(connection)
        views = _whole(published)
        if segment is not None:
            _require(connection, segment, published)
            views = _restricted(segment)
        for name, query in views.items():
            if name in published:
                connection.execute(f"create view marts.{name} as {query}")
        yield connection


def named(connection: duckdb.DuckDBPyConnection, segment: Segment | None) -> Segment | None:
    """The segment with its name for people: a plan's own, else its value."""
    if segment is None:
        return None
    name = None
    if segment.kind == "plan":
        name = connection.execute(
            "select name from marts.dim_plans where plan_id = ?", [segment.value]
        ).fetchone()
    return replace(segment, name=str(name[0]) if name and name[0] else segment.value)


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.execute(
        "select table_name from information_schema.tables "
        "where table_catalog = 'published' and table_schema = 'marts'"
    )
    return {str(name) for (name,) in found.fetchall()}


def _require(connection: duckdb.DuckDBPyConnection, segment: Segment, published: set[str]) -> None:
    if segment.kind not in KINDS:
        raise ReportError(
            f"There is no kind of segment {segment.kind!r}; write one of {', '.join(KINDS)}."
        )
    known: list[Any] = []
    if "kpis_monthly_by_segment" in published:
        known = connection.execute(
            "select segment_value, max(closing_mrr) as mrr "
            "from published.marts.kpis_monthly_by_segment where segment_kind = ? "
            "group by segment_value order by mrr desc, segment_value",
            [segment.kind],
        ).fetchall()
    values = [str(value) for value, _ in known]
    if segment.value not in values:
        some = ", ".join(values[:_MOST_NAMED]) or "none"
        raise ReportError(
            f"There is no segment {segment} in what is published; of {segment.kind} there "
            f"{'are' if len(values) != 1 else 'is'}: {some}"
            f"{', and others' if len(values) > _MOST_NAMED else ''}."
        )


def _whole(published: set[str]) -> dict[str, str]:
    views = {name: f"from published.marts.{name}" for name in sorted(published)}
    amount, count = "null::decimal(28, 6)", "null::integer"
    views["kpis_monthly"] = (
        f"select *, {amount} as transferred_in_mrr, {amount} as transferred_out_mrr, "  # noqa: S608 - own words
        f"{count} as transferred_in_customers, {count} as transferred_out_customers "
        "from published.marts.kpis_monthly"
    )
    return views


def _restricted(segment: Segment) -> dict[str, str]:
    of_it = f"segment_kind = {literal(segment.kind)} and segment_value = {literal(segment.value)}"
    views = {name: f"from published.marts.{name}" for name in _COMMON}
    views["kpis_monthly"] = f"from published.marts.kpis_monthly_by_segment where {of_it}"
    kind = _of_customers if segment.is_of_customers else _of_items
    return views | kind(segment)


def _of_customers(segment: Segment) -> dict[str, str]:
    is_in = f"coalesce({_OF_CUSTOMERS[segment.kind]}, 'unknown') = {literal(segment.value)}"
    members = f"select customer_id from published.marts.dim_customers where {is_in}"  # noqa: S608 - quoted
    views = {"dim_customers": f"from published.marts.dim_customers where {is_in}"}
    for name in (
        "customer_360",
        "fct_tickets",
        "fct_mrr_movement_items",
        "fct_mrr_movements",
        "fct_customer_mrr_monthly",
    ):
        views[name] = f"from published.marts.{name} where customer_id in ({members})"
    return views


def _of_items(segment: Segment) -> dict[str, str]:
    column = _OF_ITEMS[segment.kind]
    items = (
        "published.marts.fct_mrr_movement_items "
        f"where coalesce({column}, 'unknown') = {literal(segment.value)}"
    )
    if segment.kind == "native_currency":
        # In its own currency, exchange rates move nothing. The amounts of customer_360 are in the
        # reporting currency, so that no list of it goes with these.
        items = (
            f"(select * replace (native_mrr_delta as mrr_delta) from {items} "  # noqa: S608 - quoted
            "and movement_type is distinct from 'fx')"
        )
    views = {
        "fct_mrr_movement_items": f"from {items}",
        # A switch at the same price moves the customer's MRR by nothing, but the segment's.
        "fct_mrr_movements": """
            select
                concat_ws('|', customer_id, occurred_on, coalesce(movement_type, 'switch'))
                    as movement_id,
                customer_id,
                coalesce(movement_type, 'switch') as movement_type,
                max_by(reason, abs(mrr_delta)) as reason,
                sum(mrr_delta)::decimal(28, 6) as mrr_delta,
                occurred_on
            from marts.fct_mrr_movement_items
            group by customer_id, occurred_on, coalesce(movement_type, 'switch')
            having sum(mrr_delta) <> 0
        """,
        "fct_customer_mrr_monthly": """
            select customer_id, metric_month, sum(mrr_delta)::decimal(28, 6) as mrr
            from marts.kpis_monthly inner join marts.fct_mrr_movement_items
                on occurred_on < (metric_month + interval 1 month)
            group by customer_id, metric_month
        """,
        "dim_customers": """
            from published.marts.dim_customers
            where customer_id in (select customer_id from marts.fct_mrr_movement_items)
        """,
    }
    if segment.kind == "native_currency":
        return views
    running = """(
        select customer_id from marts.fct_mrr_movement_items
        group by customer_id having sum(native_mrr_delta) > 0
    )"""
    for name in ("customer_360", "fct_tickets"):
        views[name] = f"from published.marts.{name} where customer_id in {running}"
    return views
