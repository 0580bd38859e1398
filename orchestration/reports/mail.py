"""The mail of a report: a page for mail programs, with pictures by content id, and its text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import jinja2

from orchestration.reports import naming, style
from orchestration.reports.charts import png
from orchestration.reports.chat import chat_blocks
from orchestration.reports.figures import Figures
from orchestration.reports.language import Language
from orchestration.reports.message import Message
from orchestration.reports.presentation import Page, Table, page, subject, table
from orchestration.reports.sections import BY_KEY

_CHARTS: Final = {
    "trend": "MRR",
    "steps": "What changed MRR",
}


def write_message(
    figures: Figures,
    language: Language,
    charts: Mapping[str, str],
    attachments: Sequence[Path],
) -> Message:
    """Writes the message of a report in one language.

    Args:
        figures: The frozen figures.
        language: The language.
        charts: SVG by name, as ``draw_charts`` gives them.
        attachments: The files that go with it.

    Returns:
        The message: mail and chat.
    """
    shown = mail_page(figures, language)
    charts_shown = [
        (name, language.translate(title)) for name, title in _CHARTS.items() if name in charts
    ]
    html = (
        _environment()
        .get_template("mail.html")
        .render(
            page=shown,
            language=language.code.replace("_", "-"),
            charts=charts_shown,
            style=style,
            attached=_attached(language, figures) if attachments else "",
        )
    )
    return Message(
        subject=subject(figures, language),
        text=_plain(shown, _attached(language, figures) if attachments else ""),
        html=html,
        images={name: png(charts[name]) for name, _ in charts_shown},
        attachments=tuple(attachments),
        blocks=chat_blocks(shown),
    )


def mail_page(figures: Figures, language: Language) -> Page:
    """The page, shortened to what a mail is for."""
    mailed = [section for section in figures.sections if BY_KEY[section.key].is_mailed]
    return replace(
        page(figures, language),
        tables=tuple(table(section, figures, language, in_mail=True) for section in mailed),
    )


def _attached(language: Language, figures: Figures) -> str:
    match figures.report:
        case naming.KPI_PACK:
            return language.translate("The workbook and the PDF are attached.")
        case naming.DASHBOARD:
            return language.translate("The dashboard is attached; it opens in any browser.")
        case _:
            return language.translate("The workbook with all lists is attached.")


def _plain(shown: Page, attached: str) -> str:
    lines = [
        f"{shown.title}, {shown.period}",
        shown.summary,
        shown.subtitle,
        "",
        *(f"{card.title}: {card.value} ({card.change})" for card in shown.cards),
    ]
    tables = ([shown.remake] if shown.remake else []) + list(shown.tables)
    for part in tables:
        lines += ["", part.title.upper(), part.note, *_plain_table(part)]
    lines += ["", *([attached, ""] if attached else []), *shown.foot]
    return "\n".join(lines) + "\n"


def _plain_table(part: Table) -> list[str]:
    if not part.rows:
        return [f"- {part.empty}"]
    lines = []
    for row in part.rows:
        rest = (
            f"{heading}: {cell}"
            for heading, cell in zip(part.headings[1:], row.cells[1:], strict=True)
            if cell
        )
        lines.append(f"- {row.cells[0]} ({'; '.join(rest)})")
    return [*lines, *([f"({part.more})"] if part.more else [])]


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
