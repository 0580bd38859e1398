"""E-mail: one message per recipient over SMTP, with pictures inside and files attached.

SMTP can be sure of three things only: refused for now, refused for good, accepted. Once the
message's last byte may have reached the server, a line that drops leaves its fate unknown.
"""

import re
import smtplib
import ssl
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from orchestration.delivery.channels.parcel import Parcel, plain_name
from orchestration.delivery.errors import NotSentError, RefusedError, UnknownFateError
from orchestration.delivery.settings import SmtpSettings

_TIMEOUT_SECONDS = 60.0
_EXCEL = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {
    ".csv": ("text", "csv"),
    ".html": ("text", "html"),
    ".json": ("application", "json"),
    ".pdf": ("application", "pdf"),
    ".png": ("image", "png"),
    ".xlsx": ("application", _EXCEL),
}
_READY_FOR_DATA = 354


class EmailChannel:
    """Mails by the configured server."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def send(self, parcel: Parcel, sent_at: datetime) -> str:
        """Sends one mail; see ``Channel``."""
        sender = self._settings.sender
        mail = build_mail(parcel, sender)
        mail["Date"] = sent_at
        content = re.sub(rb"(?m)^\.", b"..", mail.as_bytes(policy=SMTP))
        with self._connected() as server:
            may_have_arrived = False
            try:
                _expect(server.mail(sender.addr_spec), "the sender")
                _expect(server.rcpt(parcel.recipient.address), "the address")
                _expect(server.docmd("DATA"), "the message", _READY_FOR_DATA)
                may_have_arrived = True
                server.send(content + b".\r\n")
                _expect(server.getreply(), "the message")
            except (smtplib.SMTPException, OSError) as error:
                if may_have_arrived:
                    raise UnknownFateError(
                        f"The line to {self._settings.host} dropped after the message was sent "
                        f"({type(error).__name__}); ask the recipient whether it arrived."
                    ) from error
                raise NotSentError(
                    f"The line to {self._settings.host} dropped before the message was sent "
                    f"({type(error).__name__}); it is tried again next time."
                ) from error
        return str(mail["Message-ID"])

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A server that would take a mail; nothing that fails here has sent anything."""
        settings = self._settings
        try:
            if settings.security == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    settings.host,
                    settings.port,
                    timeout=_TIMEOUT_SECONDS,
                    context=ssl.create_default_context(),
                )
            else:
                server = smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_SECONDS)
        except (smtplib.SMTPException, OSError) as error:
            raise NotSentError(
                f"The mail server {settings.host}:{settings.port} cannot be reached "
                f"({_told(error)}); check PERENE_SMTP_HOST, _PORT and _SECURITY."
            ) from error
        try:
            try:
                if settings.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                server.ehlo_or_helo_if_needed()
                if settings.user:
                    server.login(settings.user, settings.password)
            except smtplib.SMTPAuthenticationError as error:
                # Its text may repeat what was sent; its number says enough.
                raise NotSentError(
                    f"The mail server {settings.host} refuses the login ({error.smtp_code}); "
                    "check PERENE_SMTP_USER and PERENE_SMTP_PASSWORD."
                ) from None
            except (smtplib.SMTPException, OSError) as error:
                raise NotSentError(
                    f"The mail server {settings.host} does not let us begin ({_told(error)}); "
                    "check PERENE_SMTP_SECURITY and the server."
                ) from error
            yield server
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()


def build_mail(parcel: Parcel, sender: Address) -> EmailMessage:
    """Makes the mail of a parcel, without a date.

    Args:
        parcel: What goes to whom.
        sender: Who it is from.

    Returns:
        The mail; the same parcel gives the same bytes.

    Raises:
        NotSentError: An attachment cannot be read.
    """
    message, recipient = parcel.message, parcel.recipient
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = one_line(message.subject)
    mail["From"] = sender
    if recipient.channel == "email":
        username, _, domain = recipient.address.rpartition("@")
        mail["To"] = Address(recipient.who, username, domain)
    else:  # a dry run shows as a mail what would go elsewhere
        mail["To"] = f"{plain_name(recipient.channel)}: ;"
    mail["Message-ID"] = f"<{parcel.message_id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # no vacation notice answers it
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    *_, page = mail.iter_parts()
    assert isinstance(page, EmailMessage)  # noqa: S101 - a page is what was just added
    for cid, picture in message.images.items():
        page.add_related(picture, "image", "png", cid=f"<{cid}>", disposition="inline")
    for path in message.attachments:
        maintype, subtype = _TYPES.get(path.suffix.lower(), ("application", "octet-stream"))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise NotSentError(
                f"The file {path} cannot be read ({type(error).__name__}); make the report again."
            ) from error
        mail.add_attachment(content, maintype, subtype, filename=path.name)
    parts = (part for part in mail.walk() if part.is_multipart())
    for number, part in enumerate(parts):
        part.set_boundary(f"=_{parcel.message_id}_{number}")
    return mail


def one_line(text: str) -> str:
    """A text for a header: a name with line breaks in it cannot begin another one."""
    return " ".join(
        "".join(
            " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text
        ).split()
    )


def _expect(reply: tuple[int, bytes], what: str, code: int | None = None) -> None:
    status, said = reply
    if status == code or (code is None and 200 <= status < 300):
        return
    words = one_line(said.decode("utf-8", "replace"))[:200]
    if 500 <= status < 600:
        raise RefusedError(f"The mail server refuses {what} for good: {status} {words}")
    if status < 0:
        raise smtplib.SMTPServerDisconnected(words)
    raise NotSentError(
        f"The mail server does not take {what} now: {status} {words}. It is tried again next time."
    )


def _told(error: Exception) -> str:
    return one_line(str(error))[:200] or type(error).__name__
