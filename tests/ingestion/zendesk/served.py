"""A made-up company's helpdesk, and what the warehouse should hold of it."""

import bisect
import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from ingestion.load import LoadReport
from ingestion.sandbox.zendesk.fold import Fold
from ingestion.sandbox.zendesk.routes import Api
from ingestion.sandbox.zendesk.server import ZendeskSandbox
from ingestion.sandbox.zendesk.world import Helpdesk
from ingestion.zendesk.decoding import Decoder
from ingestion.zendesk.tables import (
    RESOURCES,
    TICKET_EVENTS,
    TICKET_METRIC_EVENTS,
    Reading,
    Resource,
)
from tests.ingestion.zendesk.connected import Connected, Objects

HELD_BACK = timedelta(seconds=60)
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Served:
    """A helpdesk with a sandbox that serves it, and a company that loads it."""

    helpdesk: Helpdesk
    sandbox: ZendeskSandbox
    connected: Connected

    def load(self) -> LoadReport:
        """Load as of the helpdesk's present."""
        return self.connected.load(self.sandbox.clock)

    def load_after(self, by: timedelta) -> LoadReport:
        """Let time go by, and load."""
        self.sandbox.advance(by)
        return self.load()

    def rest(self) -> None:
        """Let time go by to a moment at which the exports hold nothing back.

        A ticket that changed within the last minute is in no export at all, not even as it was.
        """
        moments = sorted({entry.at for entry in self.helpdesk.log})
        withheld = int(HELD_BACK.total_seconds())
        second = int(self.sandbox.clock.timestamp())
        for moment in moments[bisect.bisect_left(moments, second - withheld) :]:
            if moment >= second:
                break
            second = moment + withheld + 1
        self.sandbox.advance(datetime.fromtimestamp(second, UTC))

    def differences(self) -> dict[str, list[str]]:
        """Return by table the ids of what is not in the warehouse as the helpdesk has it."""
        unlike = {}
        # What changed within the last minute is held back from the exports.
        earlier = Api(
            Fold(self.helpdesk.log, int((self.sandbox.clock - HELD_BACK).timestamp())),
            self.helpdesk.truth,
        )
        erased = {str(one) for one, state in earlier.fold.tickets.items() if state.is_scrubbed}
        for resource in RESOURCES:
            loaded = self.connected.loaded(resource)
            if resource.reading in (Reading.WHOLE, Reading.RECENT):
                bodies = self.sandbox.current(resource.table)
            else:
                bodies = earlier.bodies(resource.table, f"{self.sandbox.url}/api/v2")
            served = _as_kept(resource, bodies)
            if resource in (TICKET_EVENTS, TICKET_METRIC_EVENTS):
                # Zendesk forgets what the warehouse keeps, of tickets that are gone for good.
                loaded, served = _without(loaded, erased), _without(served, erased)
            ids = sorted(
                one for one in loaded.keys() | served.keys() if loaded.get(one) != served.get(one)
            )
            if ids:
                unlike[resource.table] = ids
        return unlike


def _as_kept(resource: Resource, bodies: dict[str, dict[str, Any]]) -> Objects:
    decoder = Decoder(_ANY_TIME, keeps_text=False)
    records = [decoder.record(resource, copy.deepcopy(body)) for body in bodies.values()]
    assert not decoder.drift
    return {one.id: orjson.loads(one.payload) for one in records if not one.is_deleted}


def _without(objects: Objects, tickets: set[str]) -> Objects:
    return {one: body for one, body in objects.items() if str(body["ticket_id"]) not in tickets}
