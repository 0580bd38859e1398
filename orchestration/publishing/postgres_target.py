"""Where the marts are published to in PostgreSQL, and who may read there.

The address holds a password: it is in no message and in no representation.
"""

import re
from dataclasses import dataclass, field

from ingestion.errors import SettingsError
from ingestion.settings import setting

_NAME = r"(?:[^\s:@/?#%]|%[0-9A-Fa-f]{2})+"
_ADDRESS = re.compile(
    rf"postgres(?:ql)?://(?:{_NAME}(?::{_NAME})?@)?(?:{_NAME}|\[[0-9A-Fa-f:.]+\])?(?::\d+)?"
    rf"/{_NAME}(?:\?[^\s#@]*)?"
)


@dataclass(frozen=True)
class PostgresTarget:
    """Where the marts are published to.

    Attributes:
        address: ``postgresql://user:password@host:port/database``; a secret.
        reader: The role that may read.
    """

    address: str = field(repr=False)
    reader: str


def postgres_target() -> PostgresTarget | None:
    """Reads from the settings where to publish to; None where that is not wanted.

    Raises:
        SettingsError: The address is not one; the message does not repeat it.
    """
    address = setting("PERENE_PUBLISH_POSTGRES")
    if not address:
        return None
    if not _ADDRESS.fullmatch(address):
        raise SettingsError(
            "PERENE_PUBLISH_POSTGRES is not of the form "
            "postgresql://user:password@host:port/database; set it so, with special characters of "
            "the password percent-encoded (@ is %40, / is %2F), or leave it empty."
        )
    return PostgresTarget(address, setting("PERENE_POSTGRES_READER", "bi_reader"))
