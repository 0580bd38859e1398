"""The publisher's session with PostgreSQL: one publisher at a time, and no wait without end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from orchestration.errors import PostgresPublicationError
from orchestration.publishing.postgres_target import PostgresTarget

# "Perene" in the alphabet's numbers: any fixed number does, as long as nothing else takes it.
_LOCK = 160_518_051_405


@contextmanager
def open_session(target: PostgresTarget) -> Iterator[psycopg.Connection[Any]]:
    """Connects, and makes this session the one publisher until the block ends.

    Yields:
        A connection that commits each statement, but for its ``transaction()`` blocks. It waits
        for no lock longer than five seconds.

    Raises:
        PostgresPublicationError: It cannot be connected, or another publication goes on.
    """
    try:
        connection = psycopg.connect(
            target.address, autocommit=True, connect_timeout=15, application_name="perene"
        )
    except psycopg.Error as error:
        reason = _first_line(error).replace(_password(target), "***")
        raise PostgresPublicationError(
            f"PostgreSQL cannot be reached, so nothing was published there: {reason} "
            "See PERENE_PUBLISH_POSTGRES and whether the server runs; then run again."
        ) from None
    with connection:
        # A publisher whose machine is gone must not hold its lock until the server notices.
        connection.execute(
            "set lock_timeout = '5s'; set idle_in_transaction_session_timeout = '5min'; "
            "set statement_timeout = 0; set timezone = 'UTC'; set client_encoding = 'UTF8'; "
            "set search_path = pg_catalog"
        )
        try:
            # Of the session, so that it lasts over all transactions of the publication.
            connection.execute("select pg_advisory_lock(%s)", [_LOCK])
        except psycopg.errors.LockNotAvailable:
            raise PostgresPublicationError(
                "Another publication to this PostgreSQL database is going on. "
                "Run again when it has ended."
            ) from None
        yield connection


def explain(error: psycopg.Error) -> PostgresPublicationError:
    """Tells the operator why PostgreSQL refused."""
    return PostgresPublicationError(
        f"Nothing was published to PostgreSQL: {_first_line(error)} What was published there "
        "before stays as it was. Mend what is named and run again; published/ is new already."
    )


def _first_line(error: psycopg.Error) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".") + "."


def _password(target: PostgresTarget) -> str:
    # A text that no message holds stands for no password.
    return str(psycopg.conninfo.conninfo_to_dict(target.address).get("password") or "\0")
