"""The notice that goes out, once, instead of a report whose data are not fit to be published."""

import html

import duckdb

from ingestion.settings import Settings
from orchestration.build_state import BuildState, read_build_state
from orchestration.delivery.errors import DeliveryError
from orchestration.errors import PublicationBlockedError
from orchestration.publishing.gate import WAREHOUSE, open_gate
from orchestration.publishing.snapshot import literal
from orchestration.reports.message import Message

# No extension is fetched or loaded.
_STATIC: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}

_TEXTS = {
    "en": (
        "{title} {period} is delayed",
        "The figures of {period} did not pass their checks, so nothing is sent yet. Whoever runs "
        "Perene has been told why. The report comes when its data are right; there is nothing "
        "for you to do.",
    ),
    "pt_BR": (
        "{title} {period} vai atrasar",
        "Os números de {period} não passaram nas verificações; por isso nada foi enviado ainda. "
        "Quem opera o Perene já sabe o motivo. O relatório chega quando os dados estiverem "
        "corretos; você não precisa fazer nada.",
    ),
    "pt_PT": (
        "{title} {period} está atrasado",
        "Os números de {period} não passaram nas verificações; por isso nada foi ainda enviado. "
        "Quem opera o Perene já sabe o motivo. O relatório chega quando os dados estiverem "
        "corretos; não precisa de fazer nada.",
    ),
}


def blocked_build(settings: Settings) -> BuildState | None:
    """The last build if its marts may not be published; None if they may, or there is none.

    Raises:
        DeliveryError: The warehouse is being written, so that this cannot be known.
    """
    warehouse = settings.home.warehouse
    if not warehouse.exists():
        return None
    try:
        with duckdb.connect(config=_STATIC) as connection:
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


def delayed_notice(title: str, period: str, language: str) -> Message:
    """The notice in a language; it says nothing of the data, and names nobody."""
    subject, text = (part.format(title=title, period=period) for part in _TEXTS[language])
    return Message(subject, text, html=f"<p>{html.escape(text)}</p>")
