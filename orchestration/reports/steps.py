"""The steps from nothing to the whole change of MRR, as every rendering's waterfall has them."""

from dataclasses import dataclass
from decimal import Decimal

from orchestration.reports.figures import SectionFigures
from orchestration.reports.kinds import Kind
from orchestration.reports.language import Language
from orchestration.reports.sections import LEVELS
from orchestration.reports.style import INK, MOVEMENT_COLORS, SOFT

_SHOWN_IF_ANY = ("Restated", "Exchange rates")


@dataclass(frozen=True)
class Step:
    """A bar of the waterfall.

    Attributes:
        term: What moved, a text of the catalogues.
        start: Where the bar begins.
        end: Where it ends.
        color: Its color.
    """

    term: str
    start: Decimal
    end: Decimal
    color: str

    @property
    def amount(self) -> Decimal:
        """How far the bar reaches, with its sign."""
        return self.end - self.start

    def label(self, language: Language) -> str:
        """The amount without its currency, which the axis or a title names."""
        text = language.figure(self.amount, Kind.COUNT, "")
        return f"+{text}" if self.amount > 0 and text != "0" else text


def movement_steps(movements: SectionFigures) -> tuple[Step, ...]:
    """The movements on one another, and the whole change last."""
    steps: list[Step] = []
    level = Decimal(0)
    for term, amount in zip(movements.column("movement"), movements.column("mrr"), strict=True):
        if term in LEVELS or not isinstance(amount, Decimal):
            continue
        if amount or term not in _SHOWN_IF_ANY:
            color = MOVEMENT_COLORS.get(str(term), SOFT)
            steps.append(Step(str(term), level, level + amount, color))
            level += amount
    return (*steps, Step("Change of MRR", Decimal(0), level, INK))
