"""A folder: the report as files, in a folder of its own that appears whole or not at all."""

import os
import shutil
from datetime import datetime
from pathlib import Path

from orchestration.delivery.channels.parcel import Parcel, message_files
from orchestration.delivery.errors import NotSentError, RefusedError


class FolderChannel:
    """Writes to folders of this machine, such as one that is shared or synchronised."""

    def send(self, parcel: Parcel, sent_at: datetime) -> str:  # noqa: ARG002 - as every channel
        """Writes one report; see ``Channel``. What is there is never overwritten."""
        parent = Path(parcel.recipient.address)
        if not parent.is_dir():
            raise NotSentError(
                f"The folder {parent} is not there. Make it, or connect its drive; it is tried "
                "again next time."
            )
        folder = parent / parcel.name
        building = parent / f".building-{parcel.message_id}"
        try:
            files = message_files(parcel)
            if folder.exists():
                _require_same(folder, files)
                return str(folder)
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir()
            for name, content in files.items():
                _write(building / name, content)
            building.rename(folder)
        except OSError as error:
            raise NotSentError(
                f"The folder {folder} cannot be written ({error.strerror or error}). Free some "
                "space or make it writable; it is tried again next time."
            ) from error
        return str(folder)


def _require_same(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if not (folder / name).is_file() or (folder / name).read_bytes() != content:
            raise RefusedError(
                f"The folder {folder} is there and holds something else; it is not overwritten. "
                "Move it away, then ask for the report again with --resend."
            )


def _write(file: Path, content: bytes) -> None:
    with file.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
