"""What can go wrong with a delivery; the first three decide what becomes of it."""

from ingestion.errors import PereneError


class NotSentError(PereneError):
    """It certainly did not go out, and may go out next time."""


class RefusedError(PereneError):
    """The other side refused this message or this address for good."""


class UnknownFateError(PereneError):
    """It may have gone out: what was asked of the other side was never answered."""


class RecipientsError(PereneError):
    """The file of recipients cannot be used."""


class DeliveryError(PereneError):
    """What was asked of the deliveries cannot be done, or was not done for everybody."""


class NoPeriodYetError(DeliveryError):
    """No period of a report is whole yet; its first is still to come."""
