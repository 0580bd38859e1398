"""The gate before a publication: only a whole, checked build of whole loads may pass."""

import duckdb

from ingestion.settings import Settings
from ingestion.tables import LOAD_ID, dataset_name
from orchestration.blocking_checks import describe_all, read_failed_checks, with_samples
from orchestration.build_state import BuildState, read_build_state
from orchestration.errors import PublicationBlockedError

WAREHOUSE = "warehouse"


def open_gate(connection: duckdb.DuckDBPyConnection, settings: Settings) -> BuildState:
    """Lets a publication pass, or says why it must not.

    Args:
        connection: A connection with the warehouse attached as ``warehouse``.
        settings: The sources that are on, and the data folder.

    Returns:
        The build whose marts may be published.

    Raises:
        PublicationBlockedError: A blocking check did not pass or was not run, the build did not
            end, or a source's newest load is not complete.
    """
    reasons: list[str] = []
    try:
        failed = read_failed_checks(connection)
    except LookupError as error:
        failed = []
        reasons.append(f"Of the last build {error}: the marts are not known to be right.")
    reasons.extend(describe_all(with_samples(settings.home, failed)))
    state = read_build_state(connection)
    if state is None:
        reasons.append("The marts were never built by a run.")
    elif not state.is_finished and not failed:
        reasons.append(f"The last build, of run {state.run_id}, did not end, or built a part only.")
    for source in settings.sources:
        reasons.extend(_incomplete_load(connection, source))
    if reasons or state is None:
        reasons.append(
            "What was published before stays as it was. Correct what is named above and run again."
        )
        raise PublicationBlockedError("Nothing was published.\n" + "\n".join(reasons))
    return state


def _incomplete_load(connection: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """Says why a source's newest load is not complete; nothing if it is."""
    dataset = dataset_name(source)
    tables = [
        row[0]
        for row in connection.execute(
            "select table_name from duckdb_columns() "
            "where database_name = ? and schema_name = ? and column_name = ? "
            "and not starts_with(table_name, '_dlt') order by all",
            [WAREHOUSE, dataset, LOAD_ID],
        ).fetchall()
    ]
    complete: set[str] = set()
    try:
        complete = {
            row[0]
            for row in connection.execute(
                f'select load_id from {WAREHOUSE}."{dataset}"._dlt_loads '  # noqa: S608 - a declared name
                "where status = 0"
            ).fetchall()
        }
    except duckdb.CatalogException:
        tables = []
    if not tables or not complete:
        return [f"The source {source} was never loaded completely."]
    newest = max(
        (
            row[0]
            for table in tables
            for row in connection.execute(
                f'select max("{LOAD_ID}") from {WAREHOUSE}."{dataset}"."{table}"'  # noqa: S608 - declared names
            ).fetchall()
            if row[0] is not None
        ),
        default=None,
    )
    if newest is not None and newest not in complete:
        return [f"The newest load of the source {source} ({newest}) is not complete."]
    return []
