"""The notice that goes out, once, instead of a report whose data are not fit to be published."""

import html

from orchestration.reports.language import language
from orchestration.reports.message import Message
from orchestration.reports.naming import one_line, period_name, report_title
from orchestration.reports.segment import Segment


def delayed_notice(report: str, period: str, segment: Segment | None, code: str) -> Message:
    """Says that a report is delayed; says nothing of the data, and names nobody.

    Args:
        report: The report's name.
        period: Its period.
        segment: What it is of; the whole company where there is none.
        code: The language.

    Returns:
        The message.
    """
    words = language(code)
    subject = words.translate(
        "Delayed: {report}, {period}",
        report=report_title(report, segment, words),
        period=period_name(period, words),
    )
    text = words.translate(
        "The figures of this report did not pass their checks, so it is not sent yet. Whoever runs "
        "Perene has been told why. The report comes when its data are right; there is nothing for "
        "you to do."
    )
    return Message(one_line(subject), text, html=f"<p>{html.escape(text)}</p>")
