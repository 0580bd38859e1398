"""The PDF of a report: Typst sets the pages of ``report.typ``; no program of the system is used."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC
from pathlib import Path

import typst

from orchestration.reports import style
from orchestration.reports.figures import Figures
from orchestration.reports.language import Language
from orchestration.reports.presentation import page

_TEMPLATE = Path(__file__).parent / "report.typ"

# Where each chart stands: before the table of that section.
_CHART_TITLES = {
    "page_steps": "What changed MRR",
    "page_trend": "MRR",
    "by_month": "MRR movements by month",
    "retention": "Revenue retention",
}


def write_pdf(figures: Figures, language: Language, charts: Mapping[str, str], file: Path) -> Path:
    """Writes the PDF; the same figures give the same bytes.

    Texts go in as values, never as Typst's markup: nothing from a customer can become more.

    Args:
        figures: The frozen figures.
        language: The language.
        charts: SVG by name, as ``draw_charts`` gives them.
        file: Where to write.

    Returns:
        The file.
    """
    content = {
        **asdict(page(figures, language)),
        "language": language.code.partition("_")[0],
        "region": language.code.partition("_")[2] or "US",
        "charts": dict(charts),
        "chart_titles": {name: language.translate(title) for name, title in _CHART_TITLES.items()},
        "page_of": language.translate("Page {number} of {count}"),
        "colors": {
            name: getattr(style, name.upper()) for name in ("ink", "soft", "line", "band", "accent")
        },
    }
    compiled = typst.Compiler(
        input=_TEMPLATE, root=_TEMPLATE.parent, font_paths=[style.FONTS]
    ).compile(
        sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        format="pdf",
        # Without object streams, so that the check that reads the file back stays simple.
        pdf_standards=["1.4"],
        timestamp=figures.foot.as_of.replace(tzinfo=UTC, microsecond=0),
    )
    file.write_bytes(compiled if isinstance(compiled, bytes) else b"".join(compiled or []))
    return file
