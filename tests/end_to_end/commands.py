"""Runs the project's commands as an operator does: as processes of their own."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).resolve().parents[2]


def environment(home: Path, files: Path, as_of: datetime, **more: str) -> dict[str, str]:
    return {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PERENE_", "STRIPE_"))
        },
        "PERENE_HOME": str(home),
        "PERENE_SOURCES": "files",
        "PERENE_FILES_PATH": str(files),
        "PERENE_AS_OF": as_of.isoformat(),
        **more,
    }


def start_run(variables: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration", "run"],
        cwd=PROJECT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(variables: dict[str, str]) -> tuple[int, str]:
    """Run to the end; returns the exit code and everything that was printed."""
    process = start_run(variables)
    output, _ = process.communicate(timeout=300)
    return process.returncode, output


def published_rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask the published snapshot as a BI tool does."""
    with duckdb.connect(str(home / "published" / "perene.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def published_marts(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every published mart, by mart."""
    marts = published_rows(
        home,
        "select table_name from information_schema.tables"
        " where table_schema = 'marts' and table_name not like '\\_%' escape '\\'",
    )
    return {
        mart: sorted(published_rows(home, f'select * from marts."{mart}"'), key=repr)
        for (mart,) in marts
    }
