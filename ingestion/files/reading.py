"""Reads a file of any of the three formats into one shape: every value as text, rows numbered.

A file is parsed once, into a Parquet file of text columns in a folder that lives as long as the
load does; everything after that (checks, types, totals) is a few passes over it by DuckDB, so that
a million rows take seconds and little memory.
"""

import csv
import hashlib
import json
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.errors import SourceError
from ingestion.files.faults import PRINTED_PER_FILE, Fault, Faults
from ingestion.files.tables import FormTable
from ingestion.loading import WORKSHOP_PREFIX

BATCH_ROWS = 50_000
GLOB_CHARACTERS = "*?["
_NESTED = ("STRUCT", "MAP", "UNION")


@dataclass(frozen=True)
class FoundFile:
    """A file of the form that lies in the folder, and what identifies its content."""

    table: FormTable
    path: Path
    content_hash: str
    byte_count: int

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name


@dataclass(frozen=True)
class ReadFile:
    """A file read as text.

    Attributes:
        file: The file it was read from.
        column_names: Its header, or the keys of its objects, in order of appearance.
        relation: Name of the DuckDB view of its rows: row_number, payload, and every column of
            the form as text, NULL where empty or absent.
        row_count: Number of its data rows.
        faults: What kept rows or the whole file from being read.
        unread_rows: Ascending numbers of data rows that are missing from the relation although
            its row_number counts on without them.
    """

    file: FoundFile
    column_names: tuple[str, ...]
    relation: str
    row_count: int
    faults: Faults
    unread_rows: tuple[int, ...] = ()

    @property
    def unknown_column_names(self) -> tuple[str, ...]:
        """Columns the form does not know."""
        known = {column.name for column in self.file.table.columns}
        return tuple(name for name in self.column_names if name not in known)

    def true_row(self, counted: int) -> int:
        """Return the number in the file of the counted-th row of the relation."""
        gaps = [row - index for index, row in enumerate(self.unread_rows, start=1)]
        return counted + bisect_left(gaps, counted)


class Workshop:
    """An in-memory DuckDB that can read one folder, and a folder of its own for what it made."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, spool: Path) -> None:
        self.connection = connection
        self.spool = spool

    def read(self, file: FoundFile, dropped: Sequence[str]) -> ReadFile:
        """Read a file as text.

        Args:
            file: The file.
            dropped: Names of columns whose values are to be read as empty and left out of the
                payload.
        """
        ending = file.path.suffix
        if ending == ".csv":
            return _read_csv(self, file, dropped)
        if ending == ".parquet":
            return _read_parquet(self, file, dropped)
        return _read_json_lines(self, file, dropped)

    def count(self, relation: str) -> int:
        """Return the number of rows of a relation."""
        row = self.connection.execute(f'SELECT count(*) FROM "{relation}"').fetchone()  # noqa: S608
        return int(row[0]) if row else 0


@contextmanager
def workshop(folder: Path, pipelines: Path) -> Iterator[Workshop]:
    """Open a workshop for the files of a folder; its own folder is deleted at the end.

    The connection can touch nothing but the two folders and loads no extension.
    """
    for path in (folder, pipelines):
        if any(character in str(path) for character in GLOB_CHARACTERS):
            raise SourceError(
                f"The path {path} holds one of {' '.join(GLOB_CHARACTERS)}, which would be read as "
                "a pattern of file names; rename the folder."
            )
    with tempfile.TemporaryDirectory(prefix=WORKSHOP_PREFIX, dir=pipelines) as spool:
        connection = duckdb.connect(
            ":memory:",
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
        )
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"SET temp_directory = {quoted(f'{spool}/spill')}")
            readable = f"{quoted(str(folder))}, {quoted(spool)}"
            connection.execute(f"SET allowed_directories = [{readable}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield Workshop(connection, Path(spool))
        finally:
            connection.close()


def identify(table: FormTable, path: Path) -> FoundFile:
    """Return a file with the SHA-256 of its content."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return FoundFile(table, path, digest.hexdigest(), stream.tell())


def quoted(text: str) -> str:
    """Return text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _read_csv(workshop: Workshop, file: FoundFile, dropped: Sequence[str]) -> ReadFile:
    faults = Faults()
    header = _csv_header(file, faults)
    faults.add(_header_faults(file, header))
    if faults.count:
        return ReadFile(file, header, "", 0, faults)
    places = [f"c{index}" for index in range(len(header))]
    columns = ", ".join(f"{place}: 'VARCHAR'" for place in places)
    rejected = f"rejected_{file.table.name}"
    source = f"""
        read_csv({quoted(str(file.path))}, columns = {{{columns}}}, header = true,
            auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '',
            strict_mode = true, store_rejects = true, rejects_limit = 0,
            rejects_table = '{rejected}', rejects_scan = '{rejected}_scans')
    """
    texts = dict(zip(header, places, strict=True))
    relation = _spool(workshop, file, source, texts, dropped, faults)
    if relation is None:
        return ReadFile(file, header, "", 0, faults)
    unread = _rejected_rows(workshop, file, rejected, header, faults)
    return ReadFile(file, header, relation, workshop.count(relation), faults, unread)


def _csv_header(file: FoundFile, faults: Faults) -> tuple[str, ...]:
    try:
        with file.path.open(encoding="utf-8-sig", newline="") as stream:
            header = tuple(next(csv.reader(stream, strict=True), []))
    except UnicodeDecodeError:
        # The decoder works in blocks, so the bad byte may lie far below the header.
        header = _csv_header_bytes(file)
        if not header:
            faults.add([Fault(file.name, "is not UTF-8; save it as UTF-8")])
            return ()
    except csv.Error as error:
        faults.add([Fault(file.name, f"has a header whose quoting is broken ({error})")])
        return ()
    if not header and not faults.count:
        faults.add([Fault(file.name, "is empty; a header row is needed")])
    return header


def _csv_header_bytes(file: FoundFile) -> tuple[str, ...]:
    with file.path.open("rb") as stream:
        try:
            line = stream.readline().decode("utf-8-sig")
        except UnicodeDecodeError:
            return ()
    return tuple(next(csv.reader([line]), []))


def _header_faults(file: FoundFile, header: Sequence[str]) -> list[Fault]:
    faults = []
    seen: dict[str, str] = {}
    for place, name in enumerate(header, start=1):
        if not name.strip():
            faults.append(Fault(file.name, f"column {place} has no name; name it or remove it"))
        elif name.lower() in seen:
            other = seen[name.lower()]
            twice = "is there twice" if name == other else f"differs from {other} in case only"
            faults.append(Fault(file.name, f"{twice}; keep one of them", column=name))
        seen.setdefault(name.lower(), name)
    for required in file.table.required:
        if required not in header:
            faults.append(
                Fault(file.name, "is missing; " + _hint(required, header), column=required)
            )
    return faults


def _hint(required: str, header: Sequence[str]) -> str:
    for name in header:
        if name.strip().lower() == required:
            return f"the file has {name!r}; names are lower-case and without blanks"
        for separator in (";", "\t", "|"):
            if separator in name:
                return f"columns are separated by commas, not by {separator!r}"
    return "the form needs this column"


def _rejected_rows(
    workshop: Workshop, file: FoundFile, rejected: str, header: Sequence[str], faults: Faults
) -> tuple[int, ...]:
    rows = workshop.connection.execute(
        f"""
        SELECT line - 1, any_value(error_type ORDER BY column_idx),
            any_value(column_idx ORDER BY column_idx), any_value(csv_line ORDER BY column_idx),
            max(column_idx)
        FROM {rejected} GROUP BY line ORDER BY line
        """  # noqa: S608
    ).fetchall()
    found = []
    for row, kind, place, line, last_place in rows[:PRINTED_PER_FILE]:
        column = header[place - 1] if 0 < place <= len(header) else None
        reason, named = {
            "MISSING COLUMNS": (f"has {place} values where the header has {len(header)}", False),
            "TOO MANY COLUMNS": (
                f"has {last_place} values where the header has {len(header)}; "
                "a value with a comma stands in double quotes",
                False,
            ),
            "UNQUOTED VALUE": (
                "has broken quoting; a value in double quotes ends with one, and a double quote "
                "within it is written twice",
                True,
            ),
            "INVALID ENCODING": ("is not UTF-8; save the file as UTF-8", True),
            "LINE SIZE OVER MAXIMUM": ("is longer than 2 MB; shorten it", False),
        }.get(kind, (f"cannot be read ({str(kind).lower()})", True))
        text = (line or "").strip("\r\n") or None
        found.append(Fault(file.name, reason, row, column if named else None, text))
    faults.add(found, len(rows))
    return tuple(int(row[0]) for row in rows)


def _read_parquet(workshop: Workshop, file: FoundFile, dropped: Sequence[str]) -> ReadFile:
    faults = Faults()
    source = f"read_parquet({quoted(str(file.path))}, binary_as_string = true)"
    try:
        header = tuple(pq.read_schema(file.path).names)
        faults.add(_header_faults(file, header))
        if faults.count:
            return ReadFile(file, header, "", 0, faults)
        described = workshop.connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
    except (pa.ArrowException, duckdb.Error, OSError) as error:
        faults.add([Fault(file.name, f"is not a readable Parquet file ({_first_line(error)})")])
        return ReadFile(file, (), "", 0, faults)
    types = {str(row[0]): str(row[1]) for row in described}
    for column in file.table.columns:
        kind = types.get(column.name, "")
        if kind.startswith(_NESTED) or kind.endswith("]"):
            faults.add(
                [
                    Fault(
                        file.name,
                        f"is nested ({kind}); one plain value is needed",
                        column=column.name,
                    )
                ]
            )
    texts = {name: _parquet_text(name, types[name]) for name in header}
    relation = _spool(workshop, file, source, texts, dropped, faults)
    if relation is None:
        return ReadFile(file, header, "", 0, faults)
    return ReadFile(file, header, relation, workshop.count(relation), faults)


def _parquet_text(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    if kind == "DOUBLE":
        # 19.99 rather than 19.989999999999998, 5 rather than 5.0; what is neither stays as it is.
        return (
            f"CASE WHEN abs({column}) < 1e15 AND {column} = trunc({column}) "
            f"THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) "
            f"WHEN abs({column}) < 1e10 AND {column} = round({column}, 6) "
            f"THEN CAST(CAST({column} AS DECIMAL(28,6)) AS VARCHAR) "
            f"ELSE CAST({column} AS VARCHAR) END"
        )
    return f"CAST({column} AS VARCHAR)"


def _read_json_lines(workshop: Workshop, file: FoundFile, dropped: Sequence[str]) -> ReadFile:
    faults = Faults()
    names: dict[str, None] = {}
    form = [column.name for column in file.table.columns]
    schema = pa.schema(
        [("row_number", pa.int64()), ("payload", pa.string()), *((n, pa.string()) for n in form)]
    )
    target = workshop.spool / f"{file.table.name}.parquet"
    row_count = 0
    with pq.ParquetWriter(target, schema) as writer:
        rows: list[dict[str, Any]] = []
        for row_count, line in enumerate(_json_lines(file), start=1):
            found = _json_row(file, row_count, line, form, dropped, names)
            if isinstance(found, Fault):
                faults.add([found] if faults.count < PRINTED_PER_FILE else [], 1)
                continue
            rows.append(found)
            if len(rows) == BATCH_ROWS:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    header = tuple(names)
    if row_count and not faults.count:
        faults.add(_header_faults(file, header))
    relation = _view(workshop, file, target)
    return ReadFile(file, header, relation, row_count, faults)


def _json_lines(file: FoundFile) -> Iterator[bytes]:
    with file.path.open("rb") as stream:
        for number, line in enumerate(stream):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
            if text.strip():
                yield text.strip()


def _json_row(
    file: FoundFile,
    row_number: int,
    line: bytes,
    form: Sequence[str],
    dropped: Sequence[str],
    names: dict[str, None],
) -> dict[str, Any] | Fault:
    try:
        text = line.decode("utf-8")
        given = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(given, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError:
        shown = line.decode("utf-8", "replace")
        return Fault(file.name, "is not UTF-8; save the file as UTF-8", row_number, None, shown)
    except (ValueError, RecursionError) as error:
        reason = f"is not JSON ({_first_line(error)}); each line is one whole object"
        return Fault(file.name, reason, row_number, None, text)
    if not isinstance(given, dict):
        return Fault(file.name, "is not a JSON object", row_number, None, text)
    names.update(dict.fromkeys(given))
    row: dict[str, Any] = {"row_number": row_number, "payload": text}
    if any(name in given for name in dropped):
        kept = {name: value for name, value in given.items() if name not in dropped}
        row["payload"] = json.dumps(kept, ensure_ascii=False)
    for name in form:
        value = given.get(name)
        if isinstance(value, dict | list):
            reason = "is nested; one plain value is needed"
            return Fault(file.name, reason, row_number, name, json.dumps(value))
        if isinstance(value, bool):
            value = "true" if value else "false"
        row[name] = None if name in dropped else value or None
    return row


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


# Numbers stay the text they were: a decimal of 16 digits does not survive a double.
_DECODER = json.JSONDecoder(
    parse_float=str,
    parse_int=str,
    parse_constant=_refuse_constant,
    object_pairs_hook=_unique_keys,
)


def _spool(
    workshop: Workshop,
    file: FoundFile,
    source: str,
    texts: dict[str, str],
    dropped: Sequence[str],
    faults: Faults,
) -> str | None:
    """Write a relation's rows as text, and return the name of the view of them."""
    kept = {name: text for name, text in texts.items() if name not in dropped}
    members = ", ".join(f"{quoted(name)}, {text}" for name, text in kept.items())
    columns = ", ".join(
        f"nullif({kept[column.name]}, '') AS \"{column.name}\""
        if column.name in kept
        else f'CAST(NULL AS VARCHAR) AS "{column.name}"'
        for column in file.table.columns
    )
    target = workshop.spool / f"{file.table.name}.parquet"
    try:
        workshop.connection.execute(
            f"""
            COPY (
                SELECT row_number() OVER () AS row_number,
                    CAST(json_object({members}) AS VARCHAR) AS payload, {columns}
                FROM {source}
            ) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION snappy)
            """  # noqa: S608
        )
    except duckdb.IOException:
        raise
    except duckdb.Error as error:
        hint = (
            "it mixes kinds of line endings or is broken; save it again as UTF-8 CSV"
            if file.path.suffix == ".csv"
            else _first_line(error)
        )
        faults.add([Fault(file.name, f"cannot be read: {hint}")])
        return None
    return _view(workshop, file, target)


def _view(workshop: Workshop, file: FoundFile, target: Path) -> str:
    relation = file.table.name
    workshop.connection.execute(
        f'CREATE VIEW "{relation}" AS SELECT * FROM read_parquet({quoted(str(target))})'  # noqa: S608
    )
    return relation


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
