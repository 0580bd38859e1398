"""What a section of reports is: its query, its columns, and where it stands."""

from dataclasses import dataclass
from enum import Enum, auto

from orchestration.reports.kinds import Kind


class Moment(Enum):
    """What a section's figures are of."""

    PERIOD = auto()
    DAY = auto()  # the day on which the data end: no period that is past has it
    PUBLICATION = auto()  # what the figures were read from


@dataclass(frozen=True)
class Column:
    """A column of a section.

    Attributes:
        key: Its name in the query's result and in CSV files.
        title: Its heading, a text of the catalogues; digits stand for themselves.
        kind: What its figures are.
        is_detail: Only the workbook and the CSV file have it.
        is_summed: Its total stands under the table.
        is_mailed: Mails, which are narrow, show it; where no column is marked, they show all.
    """

    key: str
    title: str
    kind: Kind
    is_detail: bool = False
    is_summed: bool = False
    is_mailed: bool = False


@dataclass(frozen=True)
class Section:
    """A table of a report.

    Attributes:
        key: Its name among the figures, and of its CSV file.
        title: Its heading, a text of the catalogues.
        note: What it shows, one or two sentences.
        empty: What stands there when it has no rows.
        reports: Which reports have it.
        marts: What it reads; without one of them in the publication, it is left out.
        query: How it is read.
        columns: Its columns.
        row_key: The columns that tell a row from the others.
        shown: Rows in pages and mails; the workbook and the CSV file have all.
        is_newest_last: Where not all rows are shown, the last ones are.
        is_personal: It names customers.
        is_mailed: Mails and chats show it too.
        is_shaded: Its rates are shaded by how full they are.
        moment: What its figures are of.
        tab: Its name on a tab of the workbook, where the title is too long for one.
        instead_of: The key of a section that this one, where its marts are there, replaces.
    """

    key: str
    title: str
    note: str
    empty: str
    reports: frozenset[str]
    marts: tuple[str, ...]
    query: str
    columns: tuple[Column, ...]
    row_key: tuple[str, ...]
    shown: int = 12
    is_newest_last: bool = False
    is_personal: bool = False
    is_mailed: bool = False
    is_shaded: bool = False
    moment: Moment = Moment.PERIOD
    tab: str = ""
    instead_of: str = ""
