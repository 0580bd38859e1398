"""One customer's future as a queue, and its past as a log of mutations."""

import heapq
from collections.abc import Callable
from itertools import count

import orjson

from ingestion.sandbox.stripe.log import Mutation
from ingestion.sandbox.stripe.objects import Json

Action = Callable[[int], None]


class Timeline:
    """What will happen, in the order of time; on one second in the order it was planned."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, Action]] = []
        self._order = count()

    def plan(self, at: int, action: Action) -> None:
        """Let the action happen, given the moment."""
        heapq.heappush(self._queue, (at, next(self._order), action))

    def run(self, until: int) -> None:
        """Live through everything before the moment."""
        while self._queue and self._queue[0][0] < until:
            at, _, action = heapq.heappop(self._queue)
            action(at)


class Ledger:
    """Writes what happens to objects; must be told in the order of time.

    Before the horizon only the last mutation of each object is kept, with the state it had there.
    """

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self._old: dict[tuple[str, str], tuple[int, str | None, Json, bool]] = {}
        self._log: list[Mutation] = []

    def write(
        self,
        at: int,
        event_type: str | None,
        body: Json,
        previous: Json | None = None,
        *,
        is_deleted: bool = False,
    ) -> None:
        """Log the object as it is now."""
        kind, id_ = body["object"], body["id"]
        if at < self.horizon:
            self._old[kind, id_] = (at, event_type, body, is_deleted)
            return
        before = None if previous is None else _json(previous)
        self._log.append(Mutation(at, event_type, kind, id_, _json(body), is_deleted, before))

    def tell(self, at: int, event_type: str, body: Json) -> None:
        """Log an event about what has no id, since the horizon alone: no list keeps such things."""
        if at >= self.horizon:
            self._log.append(Mutation(at, event_type, body["object"], "", _json(body)))

    def change(self, at: int, event_type: str | None, body: Json, **changes: object) -> None:
        """Change keys of the object and log it with what they were."""
        previous = {key: body[key] for key in changes}
        body.update(changes)
        self.write(at, event_type, body, previous)

    def mutations(self) -> list[Mutation]:
        """Everything so far; what is older than the horizon only once it has been settled."""
        return self._log

    def settle(self, _at: int = 0) -> None:
        """Keep the old objects as they are; to be called on the horizon, before any change."""
        for (kind, id_), (at, event_type, body, is_deleted) in self._old.items():
            self._log.append(Mutation(at, event_type, kind, id_, _json(body), is_deleted, None))
        self._old.clear()


def _json(body: Json) -> bytes:
    """The object's JSON, copied: orjson's own buffers are several times too large to be kept."""
    return bytes(memoryview(orjson.dumps(body)))
