"""People read while a run rebuilds and publishes everything."""

from pathlib import Path

import pytest

from benchmarks.growing import as_of, begin, grow
from benchmarks.readers import KINDS, undisturbed
from tests.end_to_end.commands import environment, published_rows, run
from tests.postgres import postgres


@pytest.mark.slow
def test_readers_are_undisturbed_by_a_whole_refresh(tmp_path: Path) -> None:
    files, home = tmp_path / "files", tmp_path / "home"
    begin(files, customers=25, months=8)
    with postgres() as socket_folder:
        owner = f"postgresql://postgres@/postgres?host={socket_folder}"
        places = {
            "snapshot": str(home / "published" / "perene.duckdb"),
            "held": str(home / "published" / "perene.duckdb"),
            "parquet": str(home / "published" / "parquet"),
            "statement": owner.replace("postgres@", "bi_reader@"),
            "transaction": owner.replace("postgres@", "bi_reader@"),
        }
        assert set(places) == set(KINDS)
        code, output = run(environment(home, files, as_of(0), PERENE_PUBLISH_POSTGRES=owner))
        assert code == 0, output

        with undisturbed(tmp_path, places) as seen:
            grow(files, 1)
            code, output = run(environment(home, files, as_of(1), PERENE_PUBLISH_POSTGRES=owner))
            assert code == 0, output

    assert set(seen) == set(places), "every reader read to the end"
    for readings in seen.values():
        assert readings.errors == []
        assert readings.mixed == 0
        assert readings.runs == [0, 1], f"{readings.kind} read before and after"
    assert published_rows(home, "select as_of from marts._published") == [
        (as_of(1).replace(tzinfo=None),)
    ]
