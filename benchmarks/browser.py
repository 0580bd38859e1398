"""A real Chromium, the machine's own, without a window."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")


class NoBrowserError(Exception):
    """No Chromium is installed."""


def chromium() -> str:
    """The program's path.

    Raises:
        NoBrowserError: None is installed.
    """
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        raise NoBrowserError(
            "This benchmark draws pages in a Chromium, and none is installed. On Debian and "
            "Ubuntu: apt-get install chromium fonts-liberation"
        )
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium of its own, with nothing kept; it ends with the block.

    Raises:
        NoBrowserError: None is installed.
    """
    program = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program)
        try:
            yield started
        finally:
            started.close()
