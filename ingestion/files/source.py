"""The source `files`: finds what changed in the folder, checks it, and hands over its rows."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.errors import SettingsError, SourceError
from ingestion.files.checks import MACROS, control_totals, faults_of_rows, typed_rows
from ingestion.files.faults import Fault, Faults, FilesRefusedError
from ingestion.files.reading import FoundFile, ReadFile, Workshop, identify, workshop
from ingestion.files.tables import (
    CONTROL_TOTALS,
    FORM,
    FORM_BY_NAME,
    FORM_VERSION,
    FORMATS,
    SOURCE_FILES,
    TABLES,
    FormTable,
)
from ingestion.loading import Extraction, Request, each
from ingestion.settings import setting
from ingestion.tables import LOAD_ID, Kind, dataset_name
from ingestion.warehouse import is_disk_full

__all__ = ["TABLES", "extract", "newest_fact", "prune"]


@dataclass(frozen=True)
class LoadedFile:
    """The version of a file that the raw tables hold."""

    name: str
    content_hash: str
    read_with: str


# The newest complete version of every file: what the current rows of a table belong to.
_CURRENT = f"""
    SELECT file_table, file_name, content_hash, read_with, is_present, "{LOAD_ID}" AS load_id
    FROM "{{dataset}}".source_files
    WHERE "{LOAD_ID}" IN (SELECT load_id FROM "{{dataset}}"._dlt_loads WHERE status = 0)
    QUALIFY row_number() OVER (PARTITION BY file_table ORDER BY "{LOAD_ID}" DESC) = 1
"""  # noqa: S608


@contextmanager
def extract(request: Request) -> Iterator[Extraction]:
    """Read what changed in the folder since the last load.

    Raises:
        SettingsError: No folder is set, or a switch of this source has an impossible value.
        SourceError: The folder cannot be read or holds no file of the form.
        FilesRefusedError: Files are not in the form; the message lists every fault of every file.
    """
    folder = _folder(request.settings.files_path)
    dropped = _dropped()
    read_with = f"form {FORM_VERSION}; {request.settings.time_zone}"
    if not dropped:
        read_with += "; comments"
    loaded = _loaded_files(request)
    found, others, folder_faults = _find(folder)
    listed = {Path(fault.file).stem for fault in folder_faults} | set(found)
    gone = [(name, file) for name, file in loaded.items() if name not in listed]
    removed = [(name, file) for name, file in gone if file.name in _confirmed()]
    folder_faults += [_missing_fault(file) for name, file in gone if (name, file) not in removed]
    if not found and not folder_faults and not removed:
        raise SourceError(
            f"The folder {folder} holds no file of the form; name the files "
            f"{', '.join(table.name for table in FORM)} with the ending .csv, .parquet or .jsonl, "
            "or set PERENE_FILES_PATH to another folder."
        )
    if others:
        request.progress(f"files: left alone, not of the form: {', '.join(others)}")

    with workshop(folder, request.settings.home.pipelines) as shop:
        shop.connection.execute(MACROS)
        changed: list[ReadFile] = []
        all_faults = [_as_faults(fault) for fault in folder_faults]
        unchanged = 0
        for name, path in found.items():
            file = _identified(FORM_BY_NAME[name], path)
            before = loaded.get(name)
            if before and (before.content_hash, before.read_with) == (file.content_hash, read_with):
                unchanged += 1
                continue
            request.progress(f"files: reading {file.name} ({file.byte_count:,} bytes)")
            read = _checked(shop, file, dropped, request.settings.time_zone)
            all_faults.append(read.faults)
            changed.append(read)
        if any(faults.count for faults in all_faults):
            raise FilesRefusedError(folder, all_faults)
        for read in changed:
            _require_same(read.file)
            if read.unknown_column_names:
                request.progress(
                    f"files: {read.file.name} has columns the form does not know, kept in the "
                    f"payload only: {', '.join(read.unknown_column_names)}"
                )
        yield Extraction(
            each(_batches(shop, changed, removed, read_with, request)),
            _details(changed, unchanged, removed, others),
        )


def prune(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """Delete the rows of file versions that a newer one replaced; the versions stay listed."""
    current = f"SELECT load_id FROM ({_CURRENT.format(dataset=dataset)})"  # noqa: S608
    for table in FORM:
        connection.execute(
            f'DELETE FROM "{dataset}"."{table.name}" WHERE "{LOAD_ID}" IS DISTINCT FROM '  # noqa: S608
            f"({current} WHERE file_table = ?)",
            [table.name],
        )
    connection.execute(
        f'DELETE FROM "{dataset}".{CONTROL_TOTALS.name} AS totals WHERE NOT EXISTS '  # noqa: S608
        f"(SELECT 1 FROM ({_CURRENT.format(dataset=dataset)}) AS files "
        f'WHERE files.file_table = totals.file_table AND files.load_id = totals."{LOAD_ID}")'
    )


def newest_fact(
    connection: duckdb.DuckDBPyConnection, dataset: str, as_of: datetime
) -> datetime | None:
    """Return the newest instant before `as_of` in the files' time columns."""
    columns = [(table.name, table.time_column, _kind(table)) for table in FORM]
    newest = " UNION ALL ".join(
        f"SELECT max({_instant(column, kind)}) AS newest "  # noqa: S608
        f'FROM "{dataset}"."{name}" WHERE {_instant(column, kind)} < $as_of'
        for name, column, kind in columns
    )
    row = connection.execute(
        f"SELECT epoch_us(max(newest)) FROM ({newest})",  # noqa: S608
        {"as_of": as_of},
    ).fetchone()
    if not row or row[0] is None:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(row[0]))


def _kind(table: FormTable) -> Kind:
    return next(column.kind for column in table.columns if column.name == table.time_column)


def _instant(column: str, kind: Kind) -> str:
    return (
        f"timezone('UTC', CAST(\"{column}\" AS TIMESTAMP))" if kind is Kind.DAY else f'"{column}"'
    )


def _folder(path: Path | None) -> Path:
    if path is None:
        raise SettingsError(
            "The source files is on but PERENE_FILES_PATH is not set; set it to the folder that "
            "holds the files, or leave files out of PERENE_SOURCES."
        )
    if not path.exists():
        raise SourceError(
            f"The folder {path} is not there; create it or set PERENE_FILES_PATH to another."
        )
    if not path.is_dir():
        raise SourceError(f"{path} is not a folder; set PERENE_FILES_PATH to a folder.")
    return path.resolve()


def _dropped() -> tuple[tuple[str, str], ...]:
    """Return (table, column) of the columns whose values are not kept."""
    switch = setting("FILES_KEEP_COMMENTS", "false").lower()
    if switch not in ("true", "false"):
        raise SettingsError(f"FILES_KEEP_COMMENTS is {switch!r}; set it to true or false.")
    if switch == "true":
        return ()
    return tuple((table.name, column) for table in FORM for column in table.dropped)


def _confirmed() -> tuple[str, ...]:
    return tuple(name.strip() for name in setting("FILES_CONFIRM_REMOVED").split(","))


def _loaded_files(request: Request) -> dict[str, LoadedFile]:
    """Return per table the file its current rows came from; removed files are left out."""
    with request.connect() as connection:
        rows = connection.execute(
            "SELECT file_table, file_name, content_hash, read_with "  # noqa: S608
            f"FROM ({_CURRENT.format(dataset=dataset_name('files'))}) WHERE is_present"
        ).fetchall()
    return {row[0]: LoadedFile(*row[1:]) for row in rows}


def _find(folder: Path) -> tuple[dict[str, Path], list[str], list[Fault]]:
    """Return the form's files by table, the names of other files, and what is wrong so far."""
    found: dict[str, Path] = {}
    others: list[str] = []
    faults: list[Fault] = []
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(
            f"The folder {folder} cannot be read ({error.strerror}); let this user read it."
        ) from error
    for path in entries:
        if path.stem not in FORM_BY_NAME or path.suffix.removeprefix(".") not in FORMATS:
            others.append(path.name)
            continue
        fault = _entry_fault(folder, path)
        if fault:
            faults.append(fault)
        if path.stem in found:
            reason = f"is there beside {found[path.stem].name}; keep one of the two"
            faults.append(Fault(path.name, reason))
        found.setdefault(path.stem, path)
    faulty = {fault.file for fault in faults}
    readable = {name: path for name, path in found.items() if path.name not in faulty}
    return readable, others, faults


def _entry_fault(folder: Path, path: Path) -> Fault | None:
    if not path.exists():
        return Fault(path.name, "is a link to nothing; mend or remove it")
    if not path.resolve().is_relative_to(folder):
        return Fault(path.name, "is a link that leads out of the folder; put the file itself here")
    if not path.is_file():
        return Fault(path.name, "is not a file; remove it")
    if not os.access(path, os.R_OK):
        return Fault(path.name, "cannot be read; let this user read it")
    return None


def _missing_fault(file: LoadedFile) -> Fault:
    return Fault(
        file.name,
        "was loaded before and is gone; put it back, or confirm that its rows shall go by setting "
        f"FILES_CONFIRM_REMOVED={file.name}",
    )


def _as_faults(fault: Fault) -> Faults:
    return Faults(1, [fault])


def _identified(table: FormTable, path: Path) -> FoundFile:
    try:
        return identify(table, path)
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read ({error.strerror}); let this user read it."
        ) from error


def _checked(
    shop: Workshop, file: FoundFile, dropped: Sequence[tuple[str, str]], zone: str
) -> ReadFile:
    try:
        read = shop.read(file, [column for table, column in dropped if table == file.table.name])
        if read.relation:
            for count, first in faults_of_rows(shop, read, zone):
                read.faults.add(first, count)
    except duckdb.Error as error:
        if is_disk_full(error):
            raise
        raise SourceError(
            f"{file.path} cannot be read: {str(error).splitlines()[0]} "
            "Save it again in another of the three formats and run again."
        ) from error
    return read


def _require_same(file: FoundFile) -> None:
    """Refuse a file that was written to while it was read."""
    if _identified(file.table, file.path).content_hash != file.content_hash:
        raise SourceError(
            f"{file.path} changed while it was read; write it under another name, move it into "
            "place when it is whole, and run again."
        )


def _batches(
    shop: Workshop,
    changed: Sequence[ReadFile],
    removed: Sequence[tuple[str, LoadedFile]],
    read_with: str,
    request: Request,
) -> dict[str, Iterable[pa.Table]]:
    zone = request.settings.time_zone
    batches: dict[str, Iterable[pa.Table]] = {
        read.file.table.name: typed_rows(shop, read, zone, request.as_of) for read in changed
    }
    versions = [_version(read, read_with, request.as_of) for read in changed]
    versions += [_removal(name, file, read_with, request.as_of) for name, file in removed]
    if versions:
        batches[SOURCE_FILES.name] = [
            pa.Table.from_pylist(versions, schema=SOURCE_FILES.arrow_schema)
        ]
    if changed:
        batches[CONTROL_TOTALS.name] = [control_totals(shop, read, zone) for read in changed]
    return batches


def _version(read: ReadFile, read_with: str, observed_at: datetime) -> dict[str, object]:
    return {
        "file_table": read.file.table.name,
        "file_name": read.file.name,
        "content_hash": read.file.content_hash,
        "byte_count": read.file.byte_count,
        "row_count": read.row_count,
        "column_names": json.dumps(read.column_names, ensure_ascii=False),
        "unknown_column_names": json.dumps(read.unknown_column_names, ensure_ascii=False),
        "is_present": True,
        "observed_at": observed_at,
        "read_with": read_with,
    }


def _removal(
    table: str, file: LoadedFile, read_with: str, observed_at: datetime
) -> dict[str, object]:
    return {
        "file_table": table,
        "file_name": file.name,
        "content_hash": file.content_hash,
        "byte_count": 0,
        "row_count": 0,
        "column_names": "[]",
        "unknown_column_names": "[]",
        "is_present": False,
        "observed_at": observed_at,
        "read_with": read_with,
    }


def _details(
    changed: Sequence[ReadFile],
    unchanged: int,
    removed: Sequence[tuple[str, LoadedFile]],
    others: Sequence[str],
) -> dict[str, str | int]:
    unknown = [
        f"{read.file.name}: {', '.join(read.unknown_column_names)}"
        for read in changed
        if read.unknown_column_names
    ]
    return {
        "changed_files": len(changed),
        "unchanged_files": unchanged,
        "removed_files": ", ".join(file.name for _, file in removed),
        "other_files": ", ".join(others),
        "unknown_columns": "; ".join(unknown),
    }
