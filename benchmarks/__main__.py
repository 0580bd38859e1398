"""Runs the benchmarks: ``python -m benchmarks [--json FILE]``."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Comparison, aside, compare, machine_facts, say
from benchmarks.preparing import check_ledger, check_payments, compile_ledger, prepare_ledger
from benchmarks.stripe_lines import check_stripe_lines, write_stripe_lines
from benchmarks.support import check_support, compile_support, prepare_support
from benchmarks.synthetic import write_payments

PAYMENTS = 1_000_000
STRIPE_OBJECTS = 1_000_000  # of each, charges and invoices
LEDGER_PAIRS = 3
LOADING_PAIRS = 3
STRIPE_PAIRS = 3
TICKETS = 1_000_000
SUPPORT_PAIRS = 3


@dataclass(frozen=True)
class LedgerCase:
    """One run of the ledger's benchmark."""

    name: str
    rows: int
    has_foreign: bool
    pairs: int


LEDGER_CASES = (
    LedgerCase("ledger, one currency", 100_000, has_foreign=False, pairs=LEDGER_PAIRS),
    LedgerCase("ledger, an eighth in euros", 100_000, has_foreign=True, pairs=LEDGER_PAIRS),
    LedgerCase("ledger, one currency", 1_000_000, has_foreign=False, pairs=2),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs every benchmark and prints its ratio as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run's cost there")
    json_file = parser.parse_args(arguments).json
    facts = machine_facts()
    started = time.monotonic()
    say(", ".join(f"{name} {value}" for name, value in facts.items()))
    say("CPU seconds of whole processes; the ratio is the median of pairs run in turns.\n")
    comparisons = []
    with tempfile.TemporaryDirectory(prefix="perene-bench-") as folder:
        for comparison in _comparisons(Path(folder)):
            comparisons.append(comparison)
            _report(comparison)
    say(f"\n{time.monotonic() - started:.0f} s in all.")
    if json_file is not None:
        figures = {"machine": facts, "comparisons": [found.as_json() for found in comparisons]}
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def _comparisons(folder: Path) -> Iterator[Comparison]:
    empty = folder / "empty"
    compiled = aside(compile_ledger, empty)
    for case in LEDGER_CASES:
        yield _ledger(folder, empty, compiled, case)
    yield _loading(folder)
    yield _loading_stripe(folder)
    yield _support(folder)


def _ledger(folder: Path, empty: Path, compiled: Path, case: LedgerCase) -> Comparison:
    """The ledger's models against a sort of the periods they read."""
    home = folder / "ledger"
    home.mkdir()
    warehouse = home / "warehouse.duckdb"
    try:
        aside(
            prepare_ledger,
            empty / warehouse.name,
            compiled,
            warehouse,
            rows=case.rows,
            has_foreign=case.has_foreign,
        )
        return compare(
            case.name,
            lambda: ("ledger", str(warehouse), str(compiled)),
            lambda: ("sort", str(warehouse)),
            lambda: aside(check_ledger, warehouse),
            case.pairs,
        )
    finally:
        shutil.rmtree(home)


def _loading(folder: Path) -> Comparison:
    """A load of payments.csv by the source ``files`` against DuckDB's own reading of it."""
    files = folder / "files"
    files.mkdir()
    aside(write_payments, files / "payments.csv", PAYMENTS)
    home, database = folder / "home", folder / "plain.duckdb"

    def load() -> Sequence[str]:
        shutil.rmtree(home, ignore_errors=True)
        return ("load_files", str(home), str(files))

    def read() -> Sequence[str]:
        database.unlink(missing_ok=True)
        return ("read_csv", str(database), str(files))

    return compare(
        "loading payments.csv",
        load,
        read,
        lambda: aside(check_payments, home, database),
        LOADING_PAIRS,
    )


def _loading_stripe(folder: Path) -> Comparison:
    """A load of charges and invoices by the source ``stripe`` against DuckDB's own reading."""
    lines = folder / "stripe"
    lines.mkdir()
    aside(write_stripe_lines, lines, STRIPE_OBJECTS)
    home, database = folder / "stripe-home", folder / "stripe.duckdb"

    def load() -> Sequence[str]:
        shutil.rmtree(home, ignore_errors=True)
        return ("load_stripe", str(home), str(lines))

    def read() -> Sequence[str]:
        database.unlink(missing_ok=True)
        return ("read_json", str(database), str(lines))

    return compare(
        "loading Stripe's JSON",
        load,
        read,
        lambda: aside(check_stripe_lines, home, database),
        STRIPE_PAIRS,
    )


def _support(folder: Path) -> Comparison:
    """The support marts against a sort of the events they read."""
    home, empty = folder / "support", folder / "empty-support"
    home.mkdir()
    compiled = aside(compile_support, empty)
    warehouse = home / "warehouse.duckdb"
    aside(prepare_support, empty / warehouse.name, warehouse, TICKETS)
    return compare(
        "support marts",
        lambda: ("support", str(warehouse), str(compiled)),
        lambda: ("sort_events", str(warehouse)),
        lambda: aside(check_support, warehouse),
        SUPPORT_PAIRS,
    )


def _report(comparison: Comparison) -> None:
    ours, yardstick = comparison.middle_costs
    low, high = min(comparison.ratios), max(comparison.ratios)
    say(
        f"{comparison.name:<28}{comparison.rows:>10,} rows  {comparison.ratio:>5.2f} x"
        f"  ({low:.2f} to {high:.2f})   {ours.cpu_seconds:6.2f} s against"
        f" {yardstick.cpu_seconds:5.2f} s; {ours.peak_mib:,.0f} MiB against"
        f" {yardstick.peak_mib:,.0f} MiB"
    )


if __name__ == "__main__":
    sys.exit(main())
