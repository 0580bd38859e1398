"""The account written to files: the truth of every object, and the lists as lines of JSON."""

from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet

from ingestion.sandbox.stripe.fold import Fold
from ingestion.sandbox.stripe.rendering import rendered
from ingestion.sandbox.stripe.routes import ROUTES

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("id", pa.string()),
        ("livemode", pa.bool_()),
        ("is_deleted", pa.bool_()),
        ("payload", pa.string()),
    ]
)


def write_objects(fold: Fold, folder: Path) -> Path:
    """Write `objects.parquet`: every object there ever was, whole, as it is or last was."""
    rows = [
        {
            "kind": kind,
            "id": stored.id,
            "livemode": stored.livemode,
            "is_deleted": stored.is_deleted,
            "payload": stored.body.decode(),
        }
        for kind, shelf in sorted(fold.shelves.items())
        for stored in shelf.by_id.values()
    ]
    file = folder / "objects.parquet"
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), file)
    return file


def write_lines(fold: Fold, folder: Path) -> None:
    """Write a file for each list of the API, a live object a line, as the list shows it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, route in ROUTES.items():
        with (folder / f"{name}.jsonl").open("wb") as file:
            for stored in fold.shelf(route.kind).newest_first():
                if not stored.livemode:
                    continue
                shown = orjson.loads(rendered(route.kind, stored.body, frozenset()))
                file.write(orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE))
