"""Runs two commands in turns and tells how much more of the processor one of them takes.

Time on the clock says little on a shared machine, and a single run says little anywhere. The
figure is the CPU time (user and system) of a whole process, its start included, and the ratio is
the median over pairs of runs that follow each other.
"""

import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TextIO, TypeVar

ROOT = Path(__file__).resolve().parents[1]
Step = Callable[[], Sequence[str]]
P = ParamSpec("P")
R = TypeVar("R")

_SETTINGS = ("PERENE_", "EXCHANGE_RATES_", "FILES_", "STRIPE_", "ZENDESK_", "DAGSTER_HOME")
_KIB_PER_UNIT = 1 if sys.platform == "linux" else 1 / 1024  # macOS counts in bytes


@dataclass(frozen=True)
class Cost:
    """What one process took.

    Attributes:
        cpu_seconds: User and system time.
        peak_mib: Largest resident memory.
        clock_seconds: Time on the clock, which says little on a shared machine.
    """

    cpu_seconds: float
    peak_mib: float
    clock_seconds: float


@dataclass(frozen=True)
class Comparison:
    """Two commands measured in turns.

    Attributes:
        name: What is measured.
        rows: Rows that go in.
        ours: Cost of each run of the project's own code.
        yardstick: Cost of each run of what it is held against; pairs with ``ours``.
    """

    name: str
    rows: int
    ours: tuple[Cost, ...]
    yardstick: tuple[Cost, ...]

    @property
    def ratios(self) -> list[float]:
        """CPU of ours by CPU of the yardstick, pair by pair."""
        return [
            ours.cpu_seconds / yardstick.cpu_seconds
            for ours, yardstick in zip(self.ours, self.yardstick, strict=True)
        ]

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return statistics.median(self.ratios)

    @property
    def middle_costs(self) -> tuple[Cost, Cost]:
        """The median CPU and memory of ours and of the yardstick, each on its own."""
        return middle_cost(self.ours), middle_cost(self.yardstick)

    def as_json(self) -> dict[str, Any]:
        """Everything, for a file."""
        return {**asdict(self), "ratios": self.ratios, "ratio": self.ratio}


def compare(
    name: str, ours: Step, yardstick: Step, check: Callable[[], int], pairs: int
) -> Comparison:
    """Runs two of the benchmarks' own steps in turns.

    Args:
        name: What is measured.
        ours: Gives the arguments of ``python -m benchmarks.steps`` for the project's code, and
            makes room for a run.
        yardstick: The same for what it is held against.
        check: Holds the results of the first pair against what they must be, and returns the
            number of rows that went in. It raises if a value is wrong; nothing is reported then.
        pairs: How many pairs.

    Returns:
        Both costs of every pair.
    """
    costs = [(run_step(ours()), run_step(yardstick()))]
    rows = check()
    costs += [(run_step(ours()), run_step(yardstick())) for _ in range(pairs - 1)]
    return Comparison(
        name, rows, tuple(pair[0] for pair in costs), tuple(pair[1] for pair in costs)
    )


def middle_cost(costs: Sequence[Cost]) -> Cost:
    """The median of each figure on its own."""
    return Cost(
        statistics.median(cost.cpu_seconds for cost in costs),
        statistics.median(cost.peak_mib for cost in costs),
        statistics.median(cost.clock_seconds for cost in costs),
    )


def run_step(arguments: Sequence[str], settings: Mapping[str, str] | None = None) -> Cost:
    """Runs a step in a process of its own, and waits for its end.

    Args:
        arguments: The step's name, then its own.
        settings: The project's settings for it, in its environment.

    Returns:
        What it took, its start included.

    Raises:
        RuntimeError: It failed; its own words are on the error stream.
    """
    started = time.monotonic()
    process = start_step(arguments, settings)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"The step {' '.join(arguments)} failed; its message is above.")
    return Cost(
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * _KIB_PER_UNIT / 1024,
        time.monotonic() - started,
    )


def start_step(
    arguments: Sequence[str],
    settings: Mapping[str, str] | None = None,
    output: TextIO | None = None,
) -> "subprocess.Popen[bytes]":
    """Starts a step in a process of its own.

    Args:
        arguments: The step's name, then its own.
        settings: The project's settings for it, in its environment.
        output: Where its words go, instead of this process's output.

    Returns:
        The process.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.steps", *arguments],
        cwd=ROOT,
        env={**_environment(), **(settings or {})},
        stdout=output,
        stderr=output,
    )


def aside(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Does work in another process: the peak memory of a child is never below its parent's."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *args, **kwargs).result()


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def machine_facts() -> dict[str, str | int | float]:
    """What the figures were measured on."""
    return {
        "processors": os.cpu_count() or 0,
        "load average": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in ("duckdb", "dlt", "dbt-core", "pyarrow")},
    }


def _environment() -> dict[str, str]:
    """The environment without the operator's settings.

    And without what would make every start compile all modules anew.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONDONTWRITEBYTECODE" and not name.startswith(_SETTINGS)
    }
