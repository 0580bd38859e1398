"""An object of Stripe's as rows."""

import msgspec

from ingestion.rows import Row


class Record(msgspec.Struct, frozen=True, gc=False):
    """An object as rows.

    Attributes:
        id: Its id.
        row: Its row.
        children: The rows of its nested list, if that has a table of its own.
        month: Month of its creation, as YYYY-MM; empty if it has none.
        currency: Its currency, or an empty text.
        amount: What control totals sum up.
        is_deleted: Whether it is a tombstone.
    """

    id: str
    row: Row
    children: tuple[Row, ...]
    month: str
    currency: str
    amount: int | None
    is_deleted: bool = False

    @property
    def text(self) -> bytes:
        """What tells one version from another."""
        return b"".join((_bytes(self.row), *(_bytes(child) for child in self.children)))


def _bytes(row: Row) -> bytes:
    payload = row[-1]
    return payload if isinstance(payload, bytes) else str(payload).encode()
