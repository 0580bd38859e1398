"""Loads a source and is killed on the way: `python -m tests.ingestion.killed_load NAME AS_OF AT`.

The process dies before its AT-th file operation or request; settings come from the environment. A
load that ends before that prints how many there were.
"""

import os
import signal
import sys
from datetime import datetime

from ingestion.load import _loader, load_source
from ingestion.settings import load_settings
from tests.ingestion.killed_loads import EVENTS, WRITES


def main(name: str, as_of: datetime, last: int) -> None:
    """Load once."""
    settings = load_settings()
    home = str(settings.home.path)
    _loader()
    count = 0

    def count_or_die(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event == "open":
            flags = arguments[2]
            counts = isinstance(flags, int) and flags & WRITES and home in str(arguments[0])
        else:
            counts = event == "socket.connect" or (event in EVENTS and home in str(arguments[0]))
        if counts:
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count_or_die)
    load_source(name, settings, as_of, lambda _: None)
    sys.stdout.write(str(count))


if __name__ == "__main__":
    main(sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3]))
