"""The headline KPIs in a terminal."""

from collections.abc import Iterator

from orchestration.reports.figures import Figures
from orchestration.reports.kinds import Kind
from orchestration.reports.language import DASH, language
from orchestration.reports.presentation import headline_title

_SHOWN = (
    "closing_mrr",
    "net_new_mrr",
    "closing_customers",
    "arpu",
    "customer_churn_rate",
    "nrr",
    "cltv_formula",
)


def headline_lines(figures: Figures) -> Iterator[str]:
    """Writes the headline KPIs of a month with their change on the month before.

    Args:
        figures: The month's figures.

    Yields:
        Lines of plain text.
    """
    english, currency = language("en"), figures.foot.currency
    yield f"KPIs of {figures.period}, in {currency}, against the month before"
    yield ""
    for key in _SHOWN:
        line = figures.headline(key)
        if line.kind is Kind.MONEY:
            value = english.amount(line.value, currency)
            change = english.amount_change(line.change, line.relative_change, currency)
        else:
            value = english.figure(line.value, line.kind, currency)
            change = english.change(line.change, line.relative_change, line.kind, currency)
        yield f"  {headline_title(line, english):<24}{value:>16}   {change or DASH}"
    yield ""
    foot = figures.foot
    yield f"  Data as of {foot.as_of:%Y-%m-%d %H:%M:%S} UTC; policy {foot.policy}, version " + (
        f"{foot.policy_version}; days of {foot.time_zone}."
    )
