"""The headline KPIs in a terminal."""

from collections.abc import Iterator

from orchestration.reports.figures import KpiFigures
from orchestration.reports.wording import change_text, value_text

_SHOWN = (
    "closing_mrr",
    "net_new_mrr",
    "closing_customers",
    "arpu",
    "customer_churn_rate",
    "nrr",
    "cltv_formula",
)


def headline_lines(figures: KpiFigures) -> Iterator[str]:
    """Writes the headline KPIs of a month with their change on the month before.

    Args:
        figures: The month's figures.

    Yields:
        Lines of plain text.
    """
    yield f"KPIs of {figures.month}, in {figures.foot.currency}, against the month before"
    yield ""
    by_key = {line.key: line for line in figures.headlines}
    for key in _SHOWN:
        line = by_key[key]
        yield f"  {line.label:<24}{value_text(line.value, line.kind):>16}   {change_text(line)}"
    yield ""
    yield f"  Data as of {figures.foot.as_of}; policy {figures.foot.policy}, version " + (
        f"{figures.foot.policy_version}; days of {figures.foot.time_zone}."
    )
