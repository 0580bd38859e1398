"""Object storage: the report's files under a name made of their content, then a pointer to them.

Nothing is ever overwritten but the pointer ``latest.json``, which is written last, so that whoever
follows it finds everything it names.
"""

import hashlib
import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

from orchestration.delivery.channels.parcel import Parcel, message_files, plain_name
from orchestration.delivery.errors import NotSentError
from orchestration.delivery.ledger import NOTICE
from orchestration.delivery.settings import S3Settings

POINTER = "latest.json"
_DIGEST_LENGTH = 16


class ObjectsChannel:
    """Writes below the configured bucket and prefix."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings

    def send(self, parcel: Parcel, sent_at: datetime) -> str:
        """Puts one report and gives its place; see ``Channel``."""
        try:
            return self._put(parcel, sent_at)
        except ImportError as error:
            raise NotSentError(
                "Object storage needs the package s3fs; install the extra 's3' of this project."
            ) from error
        except Exception as error:  # noqa: BLE001 - its errors are of three packages; each is safe to repeat
            raise NotSentError(
                f"The objects below {self._settings.url} cannot be written "
                f"({type(error).__name__}); check PERENE_S3_URL, PERENE_S3_ENDPOINT, the keys and "
                "what they may do. It is tried again next time."
            ) from None

    def _put(self, parcel: Parcel, sent_at: datetime) -> str:
        store = self._store()
        files = message_files(parcel)
        key = parcel.key.report_key
        is_notice = key.endswith(NOTICE)
        # A segment's report has a folder and a pointer of its own.
        report, _, period = key.removesuffix(NOTICE).rpartition("/")
        base = f"{self._settings.url}/{parcel.recipient.address}/{quote(report, safe='=/')}"
        period = plain_name(f"{period}{NOTICE}" if is_notice else period)
        place = f"{period}/{_digest(files)}"
        for name, content in files.items():
            try:
                store.pipe_file(f"{base}/{place}/{name}", content, mode="create")
            except FileExistsError:
                continue  # an earlier attempt put it; the name says that its content is the same
        pointer = f"{base}/{POINTER}"
        # Whoever follows it looks for a report.
        if not is_notice and _points_at(store, pointer) <= period:
            said = {
                "report": report,
                "period": period,
                "folder": place,
                "files": sorted(files),
                "delivered_at": sent_at.isoformat(timespec="seconds"),
            }
            store.pipe_file(pointer, json.dumps(said, indent=2).encode())
        return f"{base}/{place}"

    def _store(self) -> Any:
        import fsspec  # type: ignore[import-untyped]

        settings = self._settings
        return fsspec.filesystem(
            "s3",
            key=settings.key or None,
            secret=settings.secret or None,
            endpoint_url=settings.endpoint or None,
            config_kwargs={"connect_timeout": 10, "read_timeout": 30},
            skip_instance_cache=True,
            use_listings_cache=False,
        )


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return digest.hexdigest()[:_DIGEST_LENGTH]


def _points_at(store: Any, pointer: str) -> str:
    """The period the pointer leads to now; a report that comes late does not turn it back."""
    try:
        return str(json.loads(store.cat_file(pointer))["period"])
    except (FileNotFoundError, ValueError, KeyError):
        return ""
