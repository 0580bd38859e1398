"""What the API answers."""

from dataclasses import dataclass

from ingestion.sandbox.zendesk.errors import forbidden, not_found, unauthorized
from ingestion.sandbox.zendesk.exports import Query, by_cursor, by_time
from ingestion.sandbox.zendesk.fold import Fold, State
from ingestion.sandbox.zendesk.keys import EMAIL, Role
from ingestion.sandbox.zendesk.lists import LISTS, Listing, page_of
from ingestion.sandbox.zendesk.log import Json
from ingestion.sandbox.zendesk.metrics import course_of, metric_set
from ingestion.sandbox.zendesk.ratings import KEPT_OPEN
from ingestion.sandbox.zendesk.rendering import (
    dressed,
    event_body,
    metric_event_body,
    ticket_body,
)
from ingestion.sandbox.zendesk.truth import Truth

PREFIX = "/api/v2/"
ADMINS_ONLY = frozenset({"incremental", "slas", "satisfaction_ratings"})
SINGLE = {"users": "user", "organizations": "organization", "groups": "group"}
SINGLE |= {"satisfaction_ratings": "satisfaction_rating", "brands": "brand"}


@dataclass
class Api:
    """Answers requests from a fold; `splits_seconds` exports by time the older way."""

    fold: Fold
    truth: Truth
    splits_seconds: bool = False

    def answer(self, path: str, query: Query, role: Role, origin: str) -> Json:
        """Return what answers a GET.

        Args:
            path: The path asked for.
            query: Its parameters.
            role: As whom.
            origin: Scheme and host, which links begin with.

        Raises:
            ApiError: The request cannot be answered.
        """
        name = path.removeprefix(PREFIX).removesuffix(".json").strip("/")
        base, address = f"{origin}{PREFIX}".rstrip("/"), f"{origin}{PREFIX}{name}.json"
        if not path.startswith(PREFIX):
            raise not_found("InvalidEndpoint")
        if name == "users/me":
            return {"user": self._me(role)}
        if role is Role.ANYBODY:
            raise unauthorized(is_token=False)
        parts = name.split("/")
        if role is not Role.ADMIN and parts[0] in ADMINS_ONLY:
            raise forbidden()
        match parts:
            case ["incremental", "tickets" | "users" as kind, "cursor"]:
                page = by_cursor(self.fold, kind, query, address)
                return self._export(kind, page.rows, query, base) | page.more
            case [
                "incremental",
                "tickets"
                | "users"
                | "organizations"
                | "ticket_events"
                | "ticket_metric_events" as kind,
            ]:
                page = by_time(self.fold, kind, query, address, splits_seconds=self.splits_seconds)
                return self._export(kind, page.rows, query, base) | page.more
            case _ if name in LISTS:
                listing = LISTS[name]
                listed = page_of(listing, self._listed(listing, query), query, address)
                shown = [dressed(body, base) for body in listed[listing.kind]]
                return listed | {listing.kind: shown}
            case ["business_hours", "schedules", *rest]:
                return self._schedules(rest, base)
            case ["tickets", identity] if identity.isdigit() and int(identity) in self.fold.tickets:
                return {"ticket": ticket_body(self.fold.tickets[int(identity)], base)}
            case [kind, identity] if kind in SINGLE and identity in self.fold.shelf(kind):
                return {SINGLE[kind]: dressed(self.fold.shelf(kind)[identity].body, base)}
        raise not_found("RecordNotFound" if parts[0] in SINGLE else "InvalidEndpoint")

    def bodies(self, kind: str, base: str) -> dict[str, Json]:
        """Every object of a kind as it is now, those that are gone included."""
        fold = self.fold
        if kind == "tickets":
            return {str(id_): ticket_body(one, base) for id_, one in fold.tickets.items()}
        if kind == "ticket_metrics":
            return {str(id_): self._metrics(one, base) for id_, one in fold.tickets.items()}
        if kind == "ticket_events":
            return {
                str(one.id): event_body(one, with_comments=True)
                for one in fold.events
                if not fold.tickets[one.ticket.id].is_scrubbed
            }
        if kind == "ticket_metric_events":
            return {
                str(one.id): metric_event_body(one, is_deleted=False) for one in fold.metric_events
            }
        shelf = fold.shelf(kind)
        return {id_: dressed(one.body, base) for id_, one in shelf.items() if not one.is_deleted}

    def _export(
        self, kind: str, rows: list[tuple[int, int, object]], query: Query, base: str
    ) -> Json:
        asked = ",".join(query.get("include", [])).split(",")
        things = [thing for _, _, thing in rows]
        if kind == "tickets":
            shown = [ticket_body(state, base) for state in things]  # type: ignore[arg-type]
            if "metric_sets" not in asked:
                return {kind: shown}
            sets = [self._metrics(state, base) for state in things]  # type: ignore[arg-type]
            for body, metrics in zip(shown, sets, strict=True):
                body["metric_set"] = metrics
            return {kind: shown, "metric_sets": sets}
        if kind == "ticket_events":
            with_comments = "comment_events" in asked
            return {kind: [event_body(one, with_comments=with_comments) for one in things]}  # type: ignore[arg-type]
        if kind == "ticket_metric_events":
            tickets = self.fold.tickets
            return {
                kind: [
                    metric_event_body(one, is_deleted=tickets[one.ticket.id].is_scrubbed)  # type: ignore[attr-defined, arg-type]
                    for one in things
                ]
            }
        return {kind: [dressed(one.body, base) for one in things]}  # type: ignore[attr-defined]

    def _metrics(self, state: State, base: str) -> Json:
        audits = state.ticket.audits[: state.audits]
        course = course_of(audits, self.truth.humans)
        return dressed(metric_set(state.ticket, audits, course, self.truth.clocks), base)

    def _listed(self, listing: Listing, query: Query) -> list[Json]:
        kind = listing.kind
        found = [one for one in self.fold.shelf(kind).values() if not one.is_deleted]
        bodies = [one.body for one in sorted(found, key=lambda one: one.id)]
        if kind == "satisfaction_ratings":
            first, last = _seconds(query, "start_time"), _seconds(query, "end_time")
            score = query.get("score")
            bodies = [
                body
                for body in bodies
                if (first is None or body["created_at"] >= first)
                and (last is None or body["created_at"] <= last)
                and (score is None or body["score"] in score)
            ]
        elif kind == "survey_responses":
            first = _seconds(query, "filter[created_at_start]")
            last = _seconds(query, "filter[created_at_end]")
            bodies = [
                body
                for body in bodies
                if (first is None or (body["expires_at"] - KEPT_OPEN) * 1000 >= first)
                and (last is None or (body["expires_at"] - KEPT_OPEN) * 1000 <= last)
            ]
        elif kind in ("users", "organizations"):
            bodies = [
                body for body in bodies if body.get("active", True) and not body.get("deleted_at")
            ]
        return bodies

    def _schedules(self, rest: list[str], base: str) -> Json:
        shelf = self.fold.shelf("schedules")
        whole = {id_: dressed(one.body, base) for id_, one in shelf.items()}
        holidays = {id_: body.pop("holidays") for id_, body in whole.items()}
        match rest:
            case []:
                return {
                    "schedules": list(whole.values()),
                    "url": f"{base}/business_hours/schedules",
                }
            case [identity] if identity in whole:
                return {"schedule": whole[identity]}
            case [identity, "holidays"] if identity in whole:
                url = f"{base}/business_hours/schedules/{identity}/holidays"
                return {"holidays": holidays[identity], "url": url}
        raise not_found()

    def _me(self, role: Role) -> Json:
        if role is Role.ANYBODY:
            return {"id": None, "name": "Anonymous user", "email": "invalid@example.com"} | {
                "role": role.value
            }
        return {"id": 1, "name": "Data", "email": EMAIL, "role": role.value, "active": True}


def _seconds(query: Query, name: str) -> int | None:
    values = query.get(name)
    return int(values[-1]) if values and values[-1].isdigit() else None
