"""What really happened at the desk, in the files form and beyond it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from ingestion.sandbox.stripe.truth import moment
from ingestion.sandbox.support import RATING_COLUMNS, TICKET_COLUMNS
from ingestion.sandbox.tables import write_table
from ingestion.sandbox.zendesk.fates import MERGED_TAG
from ingestion.sandbox.zendesk.log import Ticket
from ingestion.sandbox.zendesk.metrics import WAITING, Clocks, course_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Truth:
    """Every ticket to the end of the simulated time."""

    tickets: Sequence[Ticket]
    humans: frozenset[int]
    clocks: Clocks

    def rows(self, as_of: datetime) -> list[Row]:
        """Return every ticket as it is known at a moment: the files form's columns, and more.

        Minutes are exact. First reply and resolutions are measured with the one schedule in force
        at their end, waiting with the one in force at the end of each stretch, always as the
        schedule was then (`schedule_updated_at` says which version measured the first reply).
        """
        now = int(as_of.timestamp())
        return [self._row(ticket, now) for ticket in self.tickets if ticket.created_at < now]

    def write(self, folder: Path, as_of: datetime) -> None:
        """Write tickets and ratings in the files form, and `tickets.parquet` with all there is."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = self.rows(as_of)
        counted = [row for row in rows if row["is_counted"]]
        write_table(
            folder / "tickets.csv",
            TICKET_COLUMNS,
            (tuple(row[name] for name in TICKET_COLUMNS) for row in counted),
        )
        ratings = sorted(
            (rating["rated_at"], row["ticket_id"], rating["score"])
            for row in counted
            for rating in row["ratings"]
        )
        write_table(
            folder / "ticket_ratings.csv",
            RATING_COLUMNS,
            ((ticket_id, at, score, "") for at, ticket_id, score in ratings),
        )
        pyarrow.parquet.write_table(pa.Table.from_pylist(rows), folder / "tickets.parquet")

    def _row(self, ticket: Ticket, now: int) -> Row:
        audits = [audit for audit in ticket.audits if audit.at < now]
        course = course_of(audits, self.humans)
        state: Row = {change.field: change.value for audit in audits for change in audit.changes}
        status, tags = state["status"], state.get("tags", [])
        measured_at = course.first_replied_at or ticket.created_at
        version = self.clocks.version(course, measured_at)
        spans = {
            "first_reply": self.clocks.until(course, course.first_replied_at),
            "first_resolution": self.clocks.until(course, course.first_solved_at),
            "full_resolution": self.clocks.until(course, course.solved_at),
            "requester_wait": self.clocks.waits(course, WAITING),
            "agent_wait": self.clocks.waits(course, ("pending",)),
            "on_hold": self.clocks.waits(course, ("hold",)),
        }
        ratings = [(at, score) for at, score in ticket.opinions if score and at < now]
        return {
            "ticket_id": str(ticket.id),
            "created_at": moment(ticket.created_at),
            "customer_id": ticket.customer_id,
            "requester_email": ticket.address,
            "organization": "",
            "first_replied_at": _moment(course.first_replied_at),
            "first_solved_at": _moment(course.first_solved_at),
            "solved_at": _moment(course.solved_at),
            "status": status,
            "priority": state["priority"],
            "channel": ticket.channel,
            "type": state["type"] or "",
            "subject": state["subject"],
            "tags": ";".join(tags),
            "replies": len(course.replies),
            "reopens": course.reopens,
            "is_counted": status != "deleted" and MERGED_TAG not in tags,
            "topic": ticket.topic,
            "statuses": [{"at": moment(at), "status": word} for at, word in course.statuses],
            "ratings": [
                {"rated_at": moment(at), "score": "good" if score > 3 else "bad", "points": score}
                for at, score in ratings
            ],
            "schedule_id": str(version.schedule_id),
            "schedule_updated_at": moment(version.since),
            **{
                f"{name}_{kind}_minutes": None if span is None else span[which] / 60
                for name, span in spans.items()
                for which, kind in enumerate(("calendar", "business"))
            },
        }


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)
