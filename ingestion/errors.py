"""The error an operator can cause, and therefore can correct."""


class PereneError(Exception):
    """Something the operator can correct.

    The message is written for the operator: what happened, where, and what to do next. It never
    holds a secret. Whatever shows it needs no traceback.
    """


class SettingsError(PereneError):
    """A setting is missing or holds a value that cannot be used."""


class SourceError(PereneError):
    """A source cannot be read, or what it gave is not in the expected form."""


class WarehouseError(PereneError):
    """The warehouse or its folder cannot be used: locked, unwritable, full or damaged."""
