"""Loads sources by hand: `python -m ingestion files exchange_rates`."""

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from ingestion.errors import PereneError, SettingsError
from ingestion.load import LoadReport, ensure_raw_tables, load_source
from ingestion.settings import known_sources, load_settings
from ingestion.warehouse import writer_lock


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the named sources one after the other, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ingestion", description=__doc__)
    parser.add_argument(
        "sources", nargs="*", metavar="source", help=f"one of {', '.join(known_sources())}"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="only try out the keys and connections of the named sources (stripe and zendesk)",
    )
    parsed = parser.parse_args(arguments)
    names = parsed.sources
    try:
        if parsed.check:
            _check(names)
            return 0
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


def _check(names: Sequence[str]) -> None:
    """Try out the named sources, without the warehouse."""
    known = known_sources()
    for name in names:
        spec = importlib.util.find_spec(f"ingestion.{name}.check") if name in known else None
        if spec is None:
            raise SettingsError(f"There is no check of {name!r}; stripe and zendesk have one.")
        importlib.import_module(spec.name).check(datetime.now(UTC), _progress)
    if not names:
        raise SettingsError("Name the source to check: python -m ingestion stripe --check.")


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
