"""A real Superset of the benchmark's own: an environment, a server on this machine, and a client.

It is no dependency of the project. Three traps of its installation: with a newer flask-caching it
does not start; rich and cachetools it needs without saying so; SQLite as its own database takes no
second dataset of the same name, so it gets one in PostgreSQL.
"""

import json
import os
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import APIResponse, Browser

PACKAGES = (
    "apache-superset==6.1.0",
    "flask-caching==2.4.1",
    "rich==15.0.0",
    "cachetools==8.0.2",
    "psycopg2-binary==2.9.13",
    "duckdb==1.5.5",
    "duckdb-engine==0.17.0",
)
_USER = "analyst"
_START_SECONDS = 180
_MILLISECONDS = 120_000
_GROWING_MILLISECONDS = 2_000  # a chart grows into its shape


class SupersetError(Exception):
    """Superset did not start, or did not do what it was asked for."""


@dataclass(frozen=True)
class Server:
    """A Superset that answers.

    Attributes:
        address: Where it listens.
        password: The analyst's.
    """

    address: str
    password: str


class Client:
    """An analyst who has logged in with a browser, and what the API does for them."""

    def __init__(self, server: Server, browser: Browser) -> None:
        self._server = server
        self._context = browser.new_context(viewport={"width": 1440, "height": 900})
        self._context.set_default_timeout(_MILLISECONDS)
        page = self._context.new_page()
        page.goto(f"{server.address}/login/")
        page.get_by_label("Username").fill(_USER)
        page.get_by_label("Password").fill(server.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        page.close()
        self._token = str(self.get("security/csrf_token/")["result"])

    def get(self, path: str) -> dict[str, Any]:
        """Asks the API.

        Raises:
            SupersetError: It did not answer with success.
        """
        return self._answer(
            self._context.request.get(
                f"{self._server.address}/api/v1/{path}", timeout=_MILLISECONDS
            )
        )

    def make(self, path: str, **values: Any) -> int:
        """Makes a thing.

        Returns:
            Its id.

        Raises:
            SupersetError: It was refused.
        """
        answer = self._answer(
            self._context.request.post(
                f"{self._server.address}/api/v1/{path}/",
                data=values,
                headers={"X-CSRFToken": self._token, "Referer": self._server.address},
                timeout=_MILLISECONDS,
            )
        )
        return int(answer["id"])

    def chart_rows(self, chart: int) -> list[dict[str, Any]]:
        """The rows of a chart, asked of its database anew."""
        answer = self.get(f"chart/{chart}/data/?force=true")
        rows: list[dict[str, Any]] = answer["result"][0]["data"]
        return rows

    def drawn_rows(self, chart: int, picture: Path | None = None) -> list[dict[str, Any]]:
        """Opens a chart in the browser and waits until it is drawn.

        Args:
            chart: Its id.
            picture: Where to keep what it looks like, if at all.

        Returns:
            The rows that it is drawn from.

        Raises:
            SupersetError: The page shows an error instead.
        """
        page = self._context.new_page()
        try:
            with page.expect_response(lambda answer: "/api/v1/chart/data" in answer.url) as asked:
                page.goto(f"{self._server.address}/explore/?slice_id={chart}&force=true")
            if not asked.value.ok:
                raise SupersetError(f"{asked.value.status}: {asked.value.text()[:300]}")
            page.wait_for_selector(".slice_container canvas")
            if picture is not None:
                page.wait_for_timeout(_GROWING_MILLISECONDS)
                page.screenshot(path=picture)
            rows: list[dict[str, Any]] = asked.value.json()["result"][0]["data"]
        finally:
            page.close()
        return rows

    def _answer(self, answer: APIResponse) -> dict[str, Any]:
        if not answer.ok:
            raise SupersetError(f"{answer.url}: {answer.status} {answer.text()[:300]}")
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def superset(folder: Path, database: str) -> Iterator[Server]:
    """Installs Superset if it is not there, and lets it serve on a free port of this machine.

    Args:
        folder: Where its environment, its settings and its log lie.
        database: Address of its own database, which is empty.

    Yields:
        The server; it ends with the block.

    Raises:
        SupersetError: It did not start.
    """
    program = _installed(folder / "environment")
    password = secrets.token_urlsafe(12)
    settings = folder / "superset_config.py"
    settings.write_text(
        f"SECRET_KEY = {secrets.token_urlsafe(42)!r}\nSQLALCHEMY_DATABASE_URI = {database!r}\n",
        encoding="utf-8",
    )
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "SUPERSET_CONFIG_PATH": str(settings),
        "SUPERSET_HOME": str(folder),
        "FLASK_APP": "superset.app:create_app()",
        "SCARF_ANALYTICS": "false",  # it would report each page to its makers
    }
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with (folder / "superset.log").open("w", encoding="utf-8") as log:
        for arguments in (
            ("db", "upgrade"),
            (
                *("fab", "create-admin", "--username", _USER, "--password", password),
                *("--firstname", "An", "--lastname", "Analyst", "--email", "analyst@example.com"),
            ),
            ("init",),
        ):
            _say_on_failure(
                subprocess.run(
                    [program, *arguments], env=environment, stdout=log, stderr=log, check=False
                ),
                log.name,
            )
        process = subprocess.Popen(
            [program, "run", "--host", "127.0.0.1", "--port", str(port), "--with-threads"],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_until_it_answers(address, process, log.name)
            yield Server(address, password)
        finally:
            process.terminate()
            process.wait(timeout=30)


def query_context(dataset: int, columns: list[str]) -> str:
    """What a chart asks its dataset for: all rows of some columns."""
    return json.dumps(
        {
            "datasource": {"id": dataset, "type": "table"},
            "force": True,
            "queries": [{"columns": columns, "metrics": [], "row_limit": 1000}],
            "result_format": "json",
            "result_type": "full",
        }
    )


def _installed(environment: Path) -> str:
    """Path of the program in the environment, which is made if it is not that of PACKAGES."""
    program, stamp = environment / "bin" / "superset", environment / "installed.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != "\n".join(PACKAGES):
        venv.create(environment, clear=True, with_pip=True)
        subprocess.run(
            [environment / "bin" / "pip", "install", "--quiet", *PACKAGES],
            check=True,
        )
        stamp.write_text("\n".join(PACKAGES), encoding="utf-8")
    return str(program)


def _say_on_failure(done: "subprocess.CompletedProcess[bytes]", log: str) -> None:
    if done.returncode != 0:
        raise SupersetError(f"{' '.join(done.args[1:3])} failed; what it said is in {log}.")


def _wait_until_it_answers(address: str, process: "subprocess.Popen[bytes]", log: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:  # noqa: S310 - http on this machine
                if answer.status == 200:
                    return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.5)
    raise SupersetError(f"Superset does not answer at {address}; what it said is in {log}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
