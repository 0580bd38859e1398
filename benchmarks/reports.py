"""Times the pipeline and its reports at a hundred thousand customers.

``python -m benchmarks.reports [--folder FOLDER]`` writes a made-up company, runs the whole
pipeline on it with every check, draws its dashboard in a Chromium and makes its KPI pack in each
language. It says where a figure is over its bar.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.browser import browser, chromium
from benchmarks.company import AS_OF, CUSTOMERS, write_company
from benchmarks.measuring import aside, machine_facts, middle_cost, run_step, say
from ingestion.settings import LANGUAGES, Home
from orchestration.home import build_folder
from orchestration.reports.dashboard.dashboard import FILE_NAME

DASHBOARD_BYTES = 2_000_000
DRAWN_SECONDS = 1.0
PACK_SECONDS = 5.0  # of CPU, a language

WIDTHS = (1440, 390)
OPENINGS = 5
PACKS = 3
DEAREST = 8

# The page builds its charts before it has ended loading. The first frame after that is painted
# when the second one begins.
_WATCH = """
addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => {
    const charts = document.querySelectorAll(".plot");
    const empty = [...charts].filter((chart) => !chart.querySelector("svg *"));
    window.drawn = { after: performance.now(), charts: charts.length, empty: empty.length };
})));
"""
# The page's own rules allow no text to be run as a program, so that waiting is a promise.
_DRAWN = """() => new Promise((resolve) => {
    const look = () => window.drawn ? resolve(window.drawn) : setTimeout(look, 10);
    look();
})"""


class NotDrawnError(Exception):
    """The dashboard has no charts, or empty ones."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the pipeline, then prints each figure as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description=__doc__)
    parser.add_argument("--folder", type=Path, help="work there, and keep what was made")
    chromium()  # asked for before minutes of work
    say(", ".join(f"{name} {value}" for name, value in machine_facts().items()))
    folder = parser.parse_args(arguments).folder
    if folder is not None:
        _measure(folder.absolute())
    else:
        with tempfile.TemporaryDirectory(prefix="perene-bench-") as temporary:
            _measure(Path(temporary))
    return 0


def _measure(folder: Path) -> None:
    files, home = folder / "files", Home(folder / "home")
    shutil.rmtree(home.path, ignore_errors=True)
    rows = aside(write_company, files)
    say(", ".join(f"{name} {count:,}" for name, count in rows.items()) + " rows\n")
    _run(files, home)
    _dashboard(home.exports / "dashboard" / FILE_NAME)
    for language in LANGUAGES:
        _pack(home, language)


def _run(files: Path, home: Home) -> None:
    """The whole pipeline, and which models took the most of it."""
    cost = run_step(
        ("run",),
        {
            "PERENE_HOME": str(home.path),
            "PERENE_SOURCES": "files",
            "PERENE_FILES_PATH": str(files),
            "PERENE_AS_OF": AS_OF.isoformat(),
        },
    )
    say(
        f"\nwhole run, {CUSTOMERS:,} customers: {cost.cpu_seconds:.0f} s CPU, "
        f"{cost.clock_seconds:.0f} s on the clock, {cost.peak_mib / 1024:.1f} GiB at its peak"
    )
    results = json.loads((build_folder(home) / "run_results.json").read_text(encoding="utf-8"))
    models = [
        (float(one["execution_time"]), str(one["unique_id"]).rsplit(".", 1)[-1])
        for one in results["results"]
        if one["unique_id"].startswith("model.")
    ]
    say(f"{sum(seconds for seconds, _ in models):.0f} s on the clock in models, two at a time:")
    for seconds, name in sorted(models, reverse=True)[:DEAREST]:
        say(f"  {name:<36}{seconds:>7.1f} s")


def _dashboard(file: Path) -> None:
    """Its size, and how long a browser that was just started takes to draw it.

    Raises:
        NotDrawnError: A chart is empty.
    """
    size = file.stat().st_size
    say(f"\ndashboard: {size:,} bytes{_over(size, DASHBOARD_BYTES)}")
    for width in WIDTHS:
        seconds = [_seconds_to_draw(file, width) for _ in range(OPENINGS)]
        say(
            f"  drawn at {width:>4} pixels in {statistics.median(seconds):.2f} s"
            f" ({min(seconds):.2f} to {max(seconds):.2f}, {OPENINGS} openings)"
            + _over(statistics.median(seconds), DRAWN_SECONDS)
        )


def _seconds_to_draw(file: Path, width: int) -> float:
    """From the start of the navigation until every chart is painted."""
    with browser() as opened:
        page = opened.new_page(viewport={"width": width, "height": 900})
        page.add_init_script(_WATCH)
        page.goto(file.as_uri())
        drawn = page.evaluate(_DRAWN)
    if not drawn["charts"] or drawn["empty"]:
        raise NotDrawnError(f"{drawn['empty']} of {drawn['charts']} charts are empty in {file}.")
    return float(drawn["after"]) / 1000


def _pack(home: Home, language: str) -> None:
    """A pack from nothing: its figures read, then workbook, PDF, mail and CSV files."""
    costs = []
    for _ in range(PACKS):
        shutil.rmtree(home.exports / "kpi_pack", ignore_errors=True)
        costs.append(run_step(("pack", str(home.path), language)))
    cost = middle_cost(costs)
    say(
        f"KPI pack {language}: {cost.cpu_seconds:.1f} s CPU, {cost.clock_seconds:.1f} s on the "
        f"clock, {cost.peak_mib:,.0f} MiB{_over(cost.cpu_seconds, PACK_SECONDS)}"
    )


def _over(figure: float, bar: float) -> str:
    return f", OVER THE BAR of {bar:,.10g}" if figure > bar else f"; the bar is {bar:,.10g}"


if __name__ == "__main__":
    sys.exit(main())
