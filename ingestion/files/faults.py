"""What is wrong with a file, said so that a person can find it and put it right."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.errors import SourceError

PRINTED_PER_FILE = 50
PRINTED_VALUE_LENGTH = 80


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        file: Name of the file.
        reason: What is wrong, and what is right.
        row: Number of the data row, 1 is the first; None when the whole file is meant.
        column: Name of the column, or of several joined by commas.
        value: The value as given; None when there is none to show.
    """

    file: str
    reason: str
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        if self.value is not None:
            parts.append(f"value {_shown(self.value)}")
        return f"{', '.join(parts)}: {self.reason}"


@dataclass
class Faults:
    """All faults of one file: how many there are, and the first of them."""

    count: int = 0
    first: list[Fault] = field(default_factory=list)

    def add(self, faults: Sequence[Fault], count: int | None = None) -> None:
        """Add faults, of which there may be more than are handed over."""
        self.count += len(faults) if count is None else count
        self.first.extend(faults)

    def lines(self) -> list[str]:
        """Return the printed lines: the first faults by row, and how many more there are."""
        ordered = sorted(self.first, key=lambda fault: fault.row or 0)[:PRINTED_PER_FILE]
        lines = [str(fault) for fault in ordered]
        if self.count > len(lines):
            lines.append(f"{ordered[0].file}: and {self.count - len(lines):,} more faults")
        return lines


class FilesRefusedError(SourceError):
    """Files are not in the form; nothing of the folder was loaded.

    Attributes:
        faults: Per file, its faults.
    """

    def __init__(self, folder: Path, faults: Sequence[Faults]) -> None:
        self.faults = tuple(one for one in faults if one.count)
        count = sum(one.count for one in self.faults)
        lines = [line for one in self.faults for line in one.lines()]
        super().__init__(
            f"The folder {folder} is refused for {count:,} fault{'s' if count != 1 else ''}; "
            "nothing was loaded. Correct what is listed and run again.\n  " + "\n  ".join(lines)
        )


def _shown(value: str) -> str:
    short = value[:PRINTED_VALUE_LENGTH]
    return repr(short) + ("..." if len(value) > len(short) else "")
