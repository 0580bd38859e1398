"""Every text of a report is in every language, with the same places to fill."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import orchestration.reports as reports
from ingestion.settings import LANGUAGES
from orchestration.reports.headlines import HEADLINES
from orchestration.reports.language import LOCALES, language
from orchestration.reports.naming import TITLES
from orchestration.reports.sections import SECTIONS
from orchestration.reports.segment import KINDS
from orchestration.reports.terms import TERMS

# What charts and tables are called where the text is not in the call of translate itself.
MARKED = (
    *("KPI", "This month", "This week", "Month before", "Week before", "Change", "Change, %"),
    *("Trend", "Figure", "Was", "Is", "What changed MRR", "MRR movements by month"),
    *("Switched in", "Switched out"),
    *("Data", "What the summary's trends and chart are drawn from."),
    *("Revenue retention", "Opening MRR", "Closing MRR", "Exchange rates", "Change of MRR"),
)
# One text for one, another for many.
COUNTED = {
    ("{count} more is in the workbook.", "{count} more are in the workbook."),
    ("{count} earlier one is in the workbook.", "{count} earlier ones are in the workbook."),
}
TRANSLATED = [code for code in LANGUAGES if code != "en"]


def texts() -> set[str]:
    """The texts of the code that people read."""
    found = set(MARKED) | set(TERMS.values()) | {kpi.title for kpi in HEADLINES.values()}
    found |= set(TITLES.values()) | set(KINDS.values())
    for section in SECTIONS:
        found |= {section.title, section.note, section.empty, section.tab}
        found |= {column.title for column in section.columns}
    for file in Path(str(reports.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "translate"
                and node.args
            ):
                found |= {
                    part.value
                    for part in ast.walk(node.args[0])
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return {text for text in found if text and not text.isdigit()}


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_is_complete_and_has_nothing_else(code: str) -> None:
    with (LOCALES / code / "LC_MESSAGES" / "perene.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    counted = {message.id: message.string for message in catalogue if message.pluralizable}
    assert set(counted) == COUNTED
    translations = {
        str(message.id): str(message.string)
        for message in catalogue
        if message.id and not message.pluralizable
    }
    assert set(translations) == texts()
    for ones, theirs in counted.items():
        assert isinstance(theirs, tuple)
        translations |= dict(zip(ones, theirs, strict=True))
    for text, translation in translations.items():
        assert translation.strip(), text
        places = re.findall(r"\{\w+\}", text)
        assert sorted(re.findall(r"\{\w+\}", translation)) == sorted(places), text
    assert not any(message.fuzzy for message in catalogue)


def test_one_more_row_is_one_and_two_are_two() -> None:
    texts = ("{count} more is in the workbook.", "{count} more are in the workbook.")
    said = {
        code: [language(code).translate_count(*texts, count) for count in (1, 2)]
        for code in LANGUAGES
    }
    assert said == {
        "en": ["1 more is in the workbook.", "2 more are in the workbook."],
        "pt_BR": ["Mais 1 está na planilha.", "Mais 2 estão na planilha."],
        "pt_PT": ["Mais 1 está na folha de cálculo.", "Mais 2 estão na folha de cálculo."],
    }


@pytest.mark.parametrize("code", LANGUAGES)
def test_headings_of_a_table_are_not_confused(code: str) -> None:
    words = language(code)
    for section in SECTIONS:
        headings = [words.translate(column.title).casefold() for column in section.columns]
        assert len(set(headings)) == len(headings), (section.key, headings)
    for report in ("kpi_pack", "weekly_digest"):
        tabs = [
            words.translate(section.tab or section.title)[:31]
            for section in SECTIONS
            if report in section.reports and not section.instead_of
        ]
        tabs += [words.translate("Summary"), words.translate("Data")]
        assert len(set(tabs)) == len(tabs), tabs
        assert not [tab for tab in tabs if set(tab) & set("[]:*?/\\'")]
