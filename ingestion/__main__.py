"""Loads sources by hand: `python -m ingestion files exchange_rates`."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from ingestion.errors import PereneError
from ingestion.load import LoadReport, ensure_raw_tables, load_source
from ingestion.settings import known_sources, load_settings
from ingestion.warehouse import writer_lock


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the named sources one after the other, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ingestion", description=__doc__)
    parser.add_argument(
        "sources", nargs="*", metavar="source", help=f"one of {', '.join(known_sources())}"
    )
    names = parser.parse_args(arguments).sources
    try:
        settings = load_settings()
        as_of = settings.as_of or datetime.now(UTC)
        with writer_lock(settings.home):
            ensure_raw_tables(settings)
            for name in names or settings.sources:
                _print(load_source(name, settings, as_of, _progress))
    except PereneError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _progress(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _print(report: LoadReport) -> None:
    total = sum(report.rows.values())
    _progress(f"{report.source}: {total:,} rows in {report.seconds:.1f} s")
    for name, value in {**report.rows, "healed": report.healed, **report.details}.items():
        if value not in (None, ""):
            _progress(f"  {name}: {value}")


if __name__ == "__main__":
    sys.exit(main())
