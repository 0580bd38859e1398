"""Progress lines for people: what was done, how much of it, and how long it took.

The lines go to one logger. The command line prints it; in Dagster's interface the instance keeps
it beside the run's events (``managed_python_loggers`` in ``instance.py``).
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOGGER_NAME = "perene"

_logger = logging.getLogger(LOGGER_NAME)


@dataclass
class Phase:
    """One phase of a run: its name and, when it is over, what it says of itself.

    Attributes:
        name: What is being done, such as ``ingest files``.
        result: What came of it, such as ``1,234 rows``; set by the phase while it runs.
    """

    name: str
    result: str = "done"
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Seconds since the phase began."""
        return time.monotonic() - self.started


def say(line: str) -> None:
    """Prints one line of progress."""
    _logger.info(line)


@contextmanager
def phase(name: str) -> Iterator[Phase]:
    """Times a phase and says what came of it; says nothing when it fails, as the error will.

    Args:
        name: What is being done.

    Yields:
        The phase, whose ``result`` the body sets.
    """
    current = Phase(name)
    yield current
    say(f"{current.name:<24}{current.result:<34}{current.seconds:>8.1f} s")
