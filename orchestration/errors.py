"""What can go wrong in this room, each told to the operator in one message."""

from ingestion.errors import PereneError

__all__ = [
    "BuildFailedError",
    "DiskFullError",
    "HomeNotWritableError",
    "NothingConfiguredError",
    "NothingPublishedError",
    "PereneError",
    "PostgresPublicationError",
    "PublicationBlockedError",
    "ReportError",
    "RunFailedError",
    "WarehouseInvalidatedError",
    "WarehouseLockedError",
]


class HomeNotWritableError(PereneError):
    """The data folder cannot be made or written."""


class DiskFullError(PereneError):
    """There is not enough room on the disk."""


class NothingConfiguredError(PereneError):
    """No source has a key or a path."""


class WarehouseLockedError(PereneError):
    """Another run is writing the warehouse."""


class WarehouseInvalidatedError(PereneError):
    """DuckDB gave up on the open database; only a new process may go on."""


class BuildFailedError(PereneError):
    """The models were not all built, or a blocking check failed."""


class PublicationBlockedError(PereneError):
    """The marts are not fit to be published; the last publication stays."""


class NothingPublishedError(PereneError):
    """There is no publication to read."""


class PostgresPublicationError(PereneError):
    """The marts could not be published to PostgreSQL; what was published there stays."""


class ReportError(PereneError):
    """A report cannot be made of what is published."""


class RunFailedError(PereneError):
    """A run has failed; the message holds the reasons its steps gave."""
