"""Puts tickets made by hand into Zendesk's raw tables, as one load would have brought them."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from ingestion import warehouse
from ingestion.bookkeeping import CONTROL_TOTALS
from ingestion.load import ensure_raw_tables, load_source
from ingestion.settings import Home, Settings
from ingestion.tables import LOAD_ID, Kind, RawTable
from ingestion.zendesk.tables import BY_TABLE
from tests.warehouse import Warehouse, parsed_project, run_dbt, target_database, variables

DATASET = "raw_zendesk"
Json = dict[str, Any]
Interval = tuple[int, int]


class ZendeskRows:
    """Objects of an account, written down as its API would serve them.

    Args:
        observed_at: When the load saw them.
    """

    def __init__(self, observed_at: datetime) -> None:
        self._observed_at = observed_at
        self._rows: dict[str, list[Json]] = {}
        self._first_rated: dict[int, datetime] = {}
        self._next_id = 1_000

    def user(self, user_id: str, role: str = "end-user", **fields: Any) -> None:
        """A person; agents have the role `agent`."""
        body = {"id": int(user_id), "role": role, "active": True, **fields}
        self._add(
            "users",
            body,
            role=role,
            email=fields.get("email"),
            external_id=fields.get("external_id"),
            organization_id=fields.get("organization_id"),
            is_deleted=not body["active"],
        )

    def organization(
        self, organization_id: str, domains: Iterable[str] = (), external_id: str | None = None
    ) -> None:
        """A company, as the helpdesk knows it."""
        body = {"id": int(organization_id), "domain_names": list(domains)}
        self._add("organizations", body, external_id=external_id)

    def ticket(
        self, ticket_id: int, created_at: datetime, requester_id: str | None = "1", **fields: Any
    ) -> None:
        """A ticket as it is now; its history are audits."""
        body = {
            "id": ticket_id,
            "requester_id": requester_id,
            "submitter_id": requester_id,
            "tags": [],
            "via": {"channel": "email"},
            **fields,
        }
        self._add(
            "tickets",
            body,
            created_at,
            is_deleted=fields.get("status") == "deleted",
            status=fields.get("status"),
            requester_id=requester_id,
            organization_id=fields.get("organization_id"),
        )

    def audit(
        self,
        ticket_id: int,
        at: datetime,
        *children: Json,
        updater_id: str = "1",
        via: str = "Web form",
    ) -> None:
        """What one update of a ticket did, each part a child event."""
        body = {
            "id": self._id(),
            "ticket_id": ticket_id,
            "updater_id": updater_id,
            "via": via,
            "event_type": "Audit",
            "child_events": [{"id": self._id(), "via": via, **child} for child in children],
        }
        self._add(
            "ticket_events",
            body,
            at,
            ticket_id=str(ticket_id),
            updater_id=updater_id,
            happened_at=at,
        )

    def schedule(
        self,
        schedule_id: str,
        time_zone: str | None,
        intervals: Iterable[Interval],
        *,
        since: datetime,
        created_at: datetime,
        holidays: Iterable[tuple[date, date]] = (),
    ) -> None:
        """A version of a schedule; holidays are first and last days."""
        body = {
            "id": int(schedule_id),
            "name": f"Schedule {schedule_id}",
            "time_zone": time_zone,
            "intervals": [{"start_time": start, "end_time": end} for start, end in intervals],
            "holidays": [
                {"start_date": first.isoformat(), "end_date": last.isoformat()}
                for first, last in holidays
            ],
        }
        self._add("schedules", body, created_at, updated_at=since)

    def rating(self, ticket_id: int, score: str, at: datetime) -> None:
        """A version of a ticket's satisfaction rating."""
        body = {"id": ticket_id, "ticket_id": ticket_id, "score": score}
        offered_at = self._first_rated.setdefault(ticket_id, at)
        self._add(
            "satisfaction_ratings",
            body,
            offered_at,
            updated_at=at,
            ticket_id=str(ticket_id),
            score=score,
        )

    def metric_event(
        self, ticket_id: int, metric: str, kind: str, at: datetime, **more: Any
    ) -> None:
        """One event of a ticket's clocks."""
        body = {"id": self._id(), "instance_id": 1, "metric": metric, "type": kind, **more}
        self._add(
            "ticket_metric_events",
            body,
            at,
            ticket_id=str(ticket_id),
            metric=metric,
            kind=kind,
            happened_at=at,
        )

    def load(self, settings: Settings, load_id: str = "1") -> None:
        """Write all of it into the raw tables, which must exist."""
        with warehouse.connect(settings.home) as connection:
            for table, rows in self._rows.items():
                _insert(connection, BY_TABLE[table].raw_table, rows, load_id)
            _insert(connection, CONTROL_TOTALS, self._totals(), load_id)
            connection.execute(
                f"INSERT INTO {DATASET}._dlt_loads (load_id, schema_name, status, inserted_at) "
                "VALUES (?, 'zendesk', 0, ?)",
                [load_id, self._observed_at],
            )

    def _totals(self) -> list[Json]:
        """What a connector would have counted as it was served."""
        counted = Counter(
            (table, row["created_at"].strftime("%Y-%m") if row["created_at"] else "")
            for table, rows in self._rows.items()
            for row in {row["id"]: row for row in rows}.values()
            if not row["is_deleted"]
        )
        return [
            {"resource": table, "month": month, "currency": "", "row_count": count, "amount_sum": 0}
            for (table, month), count in counted.items()
        ]

    def _id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _add(
        self,
        table: str,
        body: Json,
        created_at: datetime | None = None,
        **typed: Any,
    ) -> None:
        row = {
            "id": str(body["id"]),
            "created_at": created_at,
            "observed_at": self._observed_at,
            "is_deleted": False,
            "payload": orjson.dumps(body).decode(),
            **typed,
        }
        self._rows.setdefault(table, []).append(row)


def build_support(
    folder: Path, rows: ZendeskRows, as_of: datetime, *, files: Path | None = None
) -> Warehouse:
    """A warehouse of one load with the support marts and their checks; fails if one blocks."""
    settings = Settings(
        home=Home(folder),
        sources=("zendesk",),
        files_path=files,
        exchange_rates_location="",
        as_of=as_of,
        currency="USD",
        time_zone="UTC",
        policy="default",
        languages=("en",),
    )
    ensure_raw_tables(settings)
    if files is not None:
        load_source("files", settings, as_of, lambda _: None)
    rows.load(settings)
    built = Warehouse(settings, as_of)
    build_support_marts(built)
    return built


def build_support_marts(warehouse: Warehouse) -> None:
    """Build the support marts and run their checks on what is loaded."""
    with target_database(PERENE_WAREHOUSE=str(warehouse.path)):
        run_dbt(
            [
                *("build", "--select", "+path:models/marts/support"),
                *("--indirect-selection", "buildable"),  # checks of what is built, and no others
                *("--exclude-resource-type", "unit_test", "--vars", variables(warehouse)),
            ],
            manifest=parsed_project(),
        )
    DuckDBConnectionManager.close_all_connections()


def comment(author_id: str, *, is_public: bool = True) -> Json:
    """A child event: something was written."""
    return {"event_type": "Comment", "public": is_public, "author_id": int(author_id)}


def created(status: str = "new") -> Json:
    """A child event: the ticket began."""
    return {"event_type": "Create", "status": status}


def change(field: str, value: str | None, previous: str | None) -> Json:
    """A child event: a field got another value."""
    return {"event_type": "Change", field: value, "previous_value": previous}


def assign_schedule(schedule_id: str, previous: str | None = None) -> Json:
    """A child event: a trigger set the ticket's schedule."""
    return {
        "event_type": "ScheduleAssignment",
        "previous_schedule_id": previous,
        "new_schedule_id": schedule_id,
    }


def _insert(
    connection: duckdb.DuckDBPyConnection, declared: RawTable, rows: list[Json], load_id: str
) -> None:
    for row in rows:
        for name, kind in declared.columns:
            if kind is Kind.INSTANT and isinstance(row.get(name), datetime):
                row[name] = row[name].astimezone(UTC)
    arrow = pa.Table.from_pylist(rows, schema=declared.arrow_schema)
    arrow = arrow.append_column(LOAD_ID, pa.array([load_id] * len(rows)))
    connection.register("rows_of_zendesk", arrow)
    connection.execute(
        f"INSERT INTO {DATASET}.{declared.name} BY NAME SELECT * FROM rows_of_zendesk"
    )
    connection.unregister("rows_of_zendesk")
