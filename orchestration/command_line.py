"""Runs Perene without Dagster's interface: ``python -m orchestration run | demo | pack | ...``.

Every error is one message on the error stream; tracebacks go to the run's log in the data folder.
Exit status: 0 when what was asked for was done, 1 when not, 2 for a command that is not one.
"""

import argparse
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ingestion.errors import PereneError
from ingestion.settings import Home, Settings, known_sources, load_settings
from orchestration.delivery import command as delivery_command
from orchestration.errors import NothingConfiguredError
from orchestration.home import logs_folder, prepare_home
from orchestration.progress import LOGGER_NAME, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: The words after the program's name; the process's own when not given.

    Returns:
        The exit status.
    """
    command = _parser().parse_args(arguments)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    with _progress_on_standard_output():
        try:
            match command.name:
                case "run":
                    return _run(load_settings())
                case "demo":
                    return _demo()
                case "pack":
                    return _pack(load_settings(), command.month, anew=command.anew)
                case "digest":
                    return _digest(load_settings(), command.week)
                case "deliver":
                    return delivery_command.deliver(load_settings(), command)
                case "deliveries":
                    return delivery_command.deliveries(load_settings())
                case _:
                    return _dev(load_settings())
        except PereneError as error:
            _complain(str(error))
        except KeyboardInterrupt:
            _complain("Stopped. What is published stays as it was.")
        except Exception as error:  # noqa: BLE001 - the operator gets one message, the log the rest
            _complain(f"Unexpected: {type(error).__name__}: {error}\n{_keep_traceback()}")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration", description="Runs Perene.")
    commands = parser.add_subparsers(dest="name", required=True)
    commands.add_parser("run", help="load the configured sources, build, and publish")
    commands.add_parser("demo", help="do all of it with a made-up company, in a folder of its own")
    pack = commands.add_parser("pack", help="make the KPI pack of a month")
    pack.add_argument("month", help="the month, such as 2025-12")
    pack.add_argument(
        "--anew",
        action="store_true",
        help="make it of what is published now, although its figures are stored",
    )
    digest = commands.add_parser("digest", help="make the digest of a week")
    digest.add_argument("week", help="the week of ISO 8601, such as 2025-W52")
    delivery_command.add_parsers(commands)
    commands.add_parser("dev", help="open Dagster's interface on this machine")
    return parser


def _run(settings: Settings) -> int:
    """Runs daily_refresh; 0 only if it published."""
    from orchestration.headless import refresh
    from orchestration.reports.reading import last_closed_month, read_month
    from orchestration.reports.report import published_snapshot
    from orchestration.reports.terminal import headline_lines

    _require_sources(settings)
    refresh(settings)
    snapshot = published_snapshot(settings.home)
    month = last_closed_month(snapshot)
    say("")
    if month is not None:
        for line in headline_lines(read_month(snapshot, month)):
            say(line)
        say("")
    _say_paths(settings.home)
    return 0


def _demo() -> int:
    """Runs everything with the made-up company, in <home>/demo, never in the real warehouse."""
    from orchestration.demo import sandbox_company

    with sandbox_company() as settings:
        return _run_with_pack(settings)


def _run_with_pack(settings: Settings) -> int:
    from orchestration.headless import make_pack, refresh
    from orchestration.reports.language import language
    from orchestration.reports.presentation import subject
    from orchestration.reports.reading import last_closed_month
    from orchestration.reports.report import published_snapshot
    from orchestration.reports.terminal import headline_lines

    refresh(settings)
    month = last_closed_month(published_snapshot(settings.home))
    if month is not None:
        pack = make_pack(settings.home, month, settings.languages)
        say("")
        for line in headline_lines(pack.figures):
            say(line)
        say("")
        for code in pack.languages:
            say(f"  {code:<8}{subject(pack.figures, language(code))}")
    say("")
    _say_paths(settings.home)
    if month is not None:
        for code in pack.languages:
            say(f"  KPI pack       {pack.file(code, 'pdf')}")
    return 0


def _pack(settings: Settings, month: str, *, anew: bool) -> int:
    from orchestration.headless import make_pack
    from orchestration.reports.language import language
    from orchestration.reports.presentation import remake_sentence
    from orchestration.reports.terminal import headline_lines

    prepare_home(settings.home)
    pack = make_pack(settings.home, month, settings.languages, anew=anew)
    if anew and pack.figures.remake is not None:
        say(remake_sentence(pack.figures, language("en")))
    if pack.was_stored:
        say(f"The figures of {month} were stored before and are unchanged.")
    say("")
    for line in headline_lines(pack.figures):
        say(line)
    say("")
    for file in pack.files:
        say(f"  {file}")
    return 0


def _digest(settings: Settings, week: str) -> int:
    from orchestration.headless import make_digest

    prepare_home(settings.home)
    digest = make_digest(settings.home, week, settings.languages)
    if digest.was_stored:
        say(f"The figures of {week} were stored before and are unchanged.")
    say("")
    say(digest.message(digest.languages[0]).text)
    for file in digest.files:
        say(f"  {file}")
    return 0


def _dev(settings: Settings) -> int:
    """Becomes Dagster's own program, which serves this machine only."""
    from orchestration.instance import prepare_instance

    prepare_instance(settings.home)
    root = Path(__file__).resolve().parents[1]
    os.chdir(root)
    # A shell ignores Ctrl-C for what it starts in the background, and Dagster would then ignore
    # every request to end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    program = Path(sys.executable).with_name("dagster")
    os.execv(  # noqa: S606 - the program beside this Python, with fixed arguments
        program, [str(program), "dev", "-h", "127.0.0.1", "-w", str(root / "workspace.yaml")]
    )


def _require_sources(settings: Settings) -> None:
    if not settings.sources:
        raise NothingConfiguredError(
            "No source is configured. Set PERENE_FILES_PATH to a folder of files (or the key or "
            f"path of another source: {', '.join(known_sources())}) in the environment or in "
            ".env, and run again. `make demo` shows everything with a made-up company."
        )


def _say_paths(home: Home) -> None:
    say(f"  Snapshot       {home.published / 'perene.duckdb'}")
    say(f"  Parquet files  {home.published / 'parquet'}")


def _complain(message: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"\nError: {message}\n")


def _keep_traceback() -> str:
    """Puts the traceback in the data folder, and says where; or gives it, if there is no place."""
    try:
        log = logs_folder(load_settings().home) / "orchestration.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(traceback.format_exc() + "\n")
    except (PereneError, OSError):
        return traceback.format_exc()
    return f"The details are in {log}."


class _Printer(logging.StreamHandler[TextIO]):
    """Prints lines; a reader that has gone away, as in ``| head``, is no reason to complain."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Lets a line that cannot be printed go."""


@contextmanager
def _progress_on_standard_output() -> Iterator[None]:
    logger = logging.getLogger(LOGGER_NAME)
    handler = _Printer(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    # Dagster's own chatter stays in its history.
    logging.getLogger("dagster").propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
