"""Checks that block a publication: which of them failed, with rows to look at and what to do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingestion.settings import Home
from orchestration.home import build_folder

SAMPLE_ROWS = 5

_VISIBLE_ENDINGS = ("id", "_type", "_kind", "_table", "currency", "status", "reason", "source")
_TESTED_VALUE_COLUMNS = {"unique_field", "value_field", "from_field"}
_HIDDEN = "(hidden)"


@dataclass(frozen=True)
class FailedCheck:
    """A blocking check that did not pass.

    Attributes:
        name: The check's name.
        table: The table it looks at.
        status: fail, error or skipped.
        failures: Rows that break the rule, if it was evaluated.
        description: What the check demands.
        remedy: What to do, if its author wrote it down.
        columns: Columns of the sample rows.
        rows: Up to five rows that break the rule; text other than ids is hidden.
    """

    name: str
    table: str
    status: str
    failures: int | None
    description: str
    remedy: str | None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def read_failed_checks(connection: duckdb.DuckDBPyConnection) -> list[FailedCheck]:
    """Reads the blocking checks of the last build that did not pass.

    Args:
        connection: A connection with the warehouse attached as ``warehouse``.

    Returns:
        The failed checks by name, without sample rows.

    Raises:
        LookupError: No check result is recorded at all.
    """
    try:
        rows = connection.execute(
            "select check_name, checked_table, status, failures, description "
            "from warehouse.operations.check_results "
            "where severity = 'error' order by all"
        ).fetchall()
    except duckdb.CatalogException as error:
        raise LookupError("no check result was ever recorded") from error
    if not rows:
        raise LookupError("no check result is recorded")
    return [
        FailedCheck(name, table or "", status, failures, description or "", None)
        for name, table, status, failures, description in rows
        if status != "pass"
    ]


def with_samples(home: Home, checks: Sequence[FailedCheck]) -> list[FailedCheck]:
    """Adds to failed checks the rows that break them and the remedies of their authors.

    The rows come from the checks' own SQL, as the last build compiled it, run on the warehouse as
    it is now. A check that cannot be run again has no rows.

    Args:
        home: The data folder's paths.
        checks: Failed checks.

    Returns:
        The same checks, in the same order.
    """
    tests = _built_tests(build_folder(home))
    if not checks or not home.warehouse.exists():
        return list(checks)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return [_with_sample(connection, check, tests.get(check.name)) for check in checks]


def describe_all(checks: Sequence[FailedCheck]) -> list[str]:
    """Tells failed checks one by one, and those that could not be run in one line.

    Args:
        checks: Failed checks.

    Returns:
        Texts of one or more lines, a heading first; nothing when there are none.
    """
    if not checks:
        return []
    failed = [check for check in checks if check.status != "skipped"]
    skipped = [check.name for check in checks if check.status == "skipped"]
    many = "1 blocking check" if len(checks) == 1 else f"{len(checks)} blocking checks"
    lines = [f"{many} of the last build did not pass:", *(describe(check) for check in failed)]
    if skipped:
        names = ", ".join(skipped[:SAMPLE_ROWS]) + (", ..." if len(skipped) > SAMPLE_ROWS else "")
        lines.append(f"Not run, because what they look at was not built: {names}")
    return lines


def describe(check: FailedCheck) -> str:
    """Tells a failed check in a few lines of plain text."""
    count = "" if check.failures is None else f", {check.failures:,} rows"
    lines = [f"{check.name} on {check.table or 'several tables'}: {check.status}{count}"]
    if check.description:
        lines.append(f"  {check.description}")
    if check.rows:
        lines.append("  " + " | ".join(check.columns))
        lines.extend("  " + " | ".join(row) for row in check.rows)
    if check.remedy:
        lines.append(f"  What to do: {check.remedy}")
    return "\n".join(lines)


def _built_tests(folder: Path) -> dict[str, dict[str, Any]]:
    """The tests of the last build by name: compiled SQL, tested column, remedy."""
    try:
        results = json.loads((folder / "run_results.json").read_bytes())["results"]
        nodes = json.loads((folder / "manifest.json").read_bytes())["nodes"]
    except (OSError, ValueError, KeyError):
        return {}
    tests: dict[str, dict[str, Any]] = {}
    for result in results:
        node = nodes.get(result["unique_id"])
        if node is not None and node["resource_type"] == "test":
            meta = node.get("config", {}).get("meta") or node.get("meta") or {}
            tests[node["name"]] = {
                "sql": result.get("compiled_code"),
                "column": node.get("column_name"),
                "remedy": meta.get("remedy"),
            }
    return tests


def _with_sample(
    connection: duckdb.DuckDBPyConnection, check: FailedCheck, test: Mapping[str, Any] | None
) -> FailedCheck:
    if test is None:
        return check
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    if test["sql"] and check.status == "fail":
        try:
            found = connection.execute(
                f"select * from ({test['sql']}) as failing limit {SAMPLE_ROWS}"  # noqa: S608 - the project's own SQL
            )
            columns = tuple(str(column[0]) for column in found.description or ())
            rows = tuple(
                tuple(
                    _shown(column, value, test["column"])
                    for column, value in zip(columns, row, strict=True)
                )
                for row in found.fetchall()
            )
        except duckdb.Error:
            columns, rows = (), ()
    return FailedCheck(
        check.name,
        check.table,
        check.status,
        check.failures,
        check.description,
        test["remedy"],
        columns,
        rows,
    )


def _shown(column: str, value: object, tested_column: str | None) -> str:
    """A value fit for a notice: numbers, dates and ids; other text may be personal and is not."""
    if value is None:
        return "null"
    if not isinstance(value, str | bytes | list | dict):
        return str(value)
    name = tested_column if column in _TESTED_VALUE_COLUMNS and tested_column else column
    return str(value) if name.lower().endswith(_VISIBLE_ENDINGS) else _HIDDEN
