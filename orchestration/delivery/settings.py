"""The settings of the channels. A channel without settings is not configured, and sends nothing."""

import re
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path

from ingestion.errors import SettingsError
from ingestion.settings import PROJECT_ROOT, setting

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class SmtpSettings:
    """The mail server.

    Attributes:
        host: Its name.
        port: Its port.
        user: Who logs in; empty where nobody has to.
        password: With which password.
        sender: Who the mails are from.
        security: starttls, tls (from the first byte) or none.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: Address
    security: str


@dataclass(frozen=True)
class SlackSettings:
    """The Slack workspace: a bot's token, and the address of the web API."""

    token: str = field(repr=False)
    base_url: str


@dataclass(frozen=True)
class S3Settings:
    """The object store; without a key the machine's own credentials are taken.

    Attributes:
        url: ``s3://bucket`` or ``s3://bucket/prefix``.
        endpoint: Address of a store other than Amazon's; else empty.
        key: Access key.
        secret: Secret key.
    """

    url: str
    endpoint: str
    key: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class DeliverySettings:
    """Who receives, and the channels that are configured.

    Attributes:
        recipients: The file of recipients; None when there is none.
        smtp: For e-mail; None when it is not configured.
        slack: For Slack; None when it is not configured.
        s3: For object storage; None when it is not configured.
    """

    recipients: Path | None
    smtp: SmtpSettings | None
    slack: SlackSettings | None
    s3: S3Settings | None

    def redact(self, text: str) -> str:
        """Takes every secret of the settings out of a text, which a server may have repeated."""
        secrets = (
            self.smtp.password if self.smtp else "",
            self.slack.token if self.slack else "",
            self.s3.secret if self.s3 else "",
        )
        for secret in filter(None, secrets):
            text = text.replace(secret, "***")
        return text


def load_delivery_settings() -> DeliverySettings:
    """Reads and checks the settings of the channels.

    Raises:
        SettingsError: A value cannot be used; the message names the variable, never a secret.
    """
    recipients = setting("PERENE_RECIPIENTS")
    return DeliverySettings(
        recipients=PROJECT_ROOT / Path(recipients).expanduser() if recipients else None,
        smtp=_smtp(setting("PERENE_SMTP_HOST")),
        slack=_slack(setting("PERENE_SLACK_TOKEN")),
        s3=_s3(setting("PERENE_S3_URL")),
    )


def _smtp(host: str) -> SmtpSettings | None:
    if not host:
        return None
    security = setting("PERENE_SMTP_SECURITY", "starttls")
    if security not in _PORTS:
        raise SettingsError(
            f"PERENE_SMTP_SECURITY is {security!r}; set it to one of {', '.join(_PORTS)}."
        )
    port = setting("PERENE_SMTP_PORT", str(_PORTS[security]))
    if not re.fullmatch(r"[1-9]\d{0,4}", port):
        raise SettingsError(f"PERENE_SMTP_PORT is {port!r}; set it to a number such as 587.")
    password = setting("PERENE_SMTP_PASSWORD")
    if password and security == "none" and host not in _LOOPBACK:
        raise SettingsError(
            "PERENE_SMTP_SECURITY is none, so that PERENE_SMTP_PASSWORD would cross the network "
            "readable by all; set it to starttls or tls."
        )
    return SmtpSettings(
        host=host,
        port=int(port),
        user=setting("PERENE_SMTP_USER"),
        password=password,
        sender=_sender(setting("PERENE_SMTP_FROM")),
        security=security,
    )


def _sender(text: str) -> Address:
    name, address = parseaddr(text)
    try:
        sender = Address(display_name=name or "Perene", addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        sender = Address()
    if not sender.username or not sender.domain or not text.isprintable() or not address.isascii():
        raise SettingsError(
            f"PERENE_SMTP_FROM is {text!r}; set it to the address mails are from, such as "
            "Perene <reports@company.example>."
        )
    return sender


def _slack(token: str) -> SlackSettings | None:
    if not token:
        return None
    url = setting("PERENE_SLACK_BASE_URL", "https://slack.com/api/")
    if not re.fullmatch(r"https?://\S+", url):
        raise SettingsError(
            f"PERENE_SLACK_BASE_URL is {url!r}; set it to an address such as "
            "https://slack.com/api/, or leave it empty."
        )
    return SlackSettings(token, url.rstrip("/") + "/")


def _s3(url: str) -> S3Settings | None:
    if not url:
        return None
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[^\s?#]*)?", url):
        raise SettingsError(
            f"PERENE_S3_URL is {url!r}; set it to a bucket and a prefix such as "
            "s3://company-reports/perene."
        )
    key, secret = setting("PERENE_S3_KEY"), setting("PERENE_S3_SECRET")
    if bool(key) != bool(secret):
        raise SettingsError("Set both PERENE_S3_KEY and PERENE_S3_SECRET, or neither.")
    return S3Settings(url.rstrip("/"), setting("PERENE_S3_ENDPOINT"), key, secret)
