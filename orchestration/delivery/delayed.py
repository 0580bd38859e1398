"""Whether the data of the last build may be published, or their reports are delayed."""

import duckdb

from ingestion.settings import Settings
from orchestration.build_state import BuildState, read_build_state
from orchestration.delivery.errors import DeliveryError
from orchestration.errors import PublicationBlockedError
from orchestration.publishing.gate import WAREHOUSE, open_gate
from orchestration.publishing.snapshot import WITHOUT_EXTENSIONS, literal


def blocked_build(settings: Settings) -> BuildState | None:
    """The last build if its marts may not be published; None if they may, or there is none.

    Raises:
        DeliveryError: The warehouse is being written, so that this cannot be known.
    """
    warehouse = settings.home.warehouse
    if not warehouse.exists():
        return None
    try:
        with duckdb.connect(config=WITHOUT_EXTENSIONS) as connection:
            connection.execute(f"attach {literal(str(warehouse))} as {WAREHOUSE} (read_only)")
            state = read_build_state(connection)
            try:
                open_gate(connection, settings)
            except PublicationBlockedError:
                return state
    except duckdb.Error as error:
        raise DeliveryError(
            f"Whether the data of {warehouse} are fit cannot be seen ({type(error).__name__}): a "
            "run is probably writing it. Wait for it to end, then deliver."
        ) from error
    return None
