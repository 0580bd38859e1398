"""The declared shapes are the official client's, and the sandbox keeps to them."""

import os
from pathlib import Path
from typing import Any

import orjson

from ingestion.sandbox.stripe.export import write_lines
from ingestion.sandbox.stripe.fold import Fold
from ingestion.sandbox.stripe.world import make_account
from ingestion.stripe.shapes import drift, shapes
from ingestion.stripe.tables import OBJECTS
from tests.ingestion.stripe.official_shapes import official_shapes

DECLARED = Path("ingestion/stripe/shapes.json")


def test_the_declared_shapes_are_those_of_the_official_client() -> None:
    official = official_shapes()
    if os.environ.get("REWRITE_SHAPES"):
        DECLARED.write_text(_written(official), encoding="utf-8")

    assert orjson.loads(DECLARED.read_bytes()) == official


def test_no_object_of_the_sandbox_is_unlike_its_shape(tmp_path: Path) -> None:
    account = make_account(customers=30, months=8)
    write_lines(Fold(account.log, int(account.as_of.timestamp())), tmp_path)

    seen = {
        (resource.table, *found)
        for resource in OBJECTS
        for line in (tmp_path / Path(f"{resource.path}.jsonl").name).read_bytes().splitlines()
        for found in drift(shapes()[resource.kind], orjson.loads(line))
    }

    assert seen == set()


def _written(official: dict[str, Any]) -> str:
    """Return the shapes as JSON, a key of an object a line."""
    kinds = []
    for kind, shape in official.items():
        keys = ",\n".join(
            f"  {orjson.dumps(key).decode()}: {orjson.dumps(held).decode()}"
            for key, held in shape.items()
        )
        kinds.append(f'"{kind}": {{\n{keys}\n}}')
    return "{\n" + ",\n".join(kinds) + "\n}\n"
