"""The look that all renderings share."""

from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
FONT = "Inter"

INK = "#1F2A37"
SOFT = "#6B7280"
LINE = "#DFE3E8"
BAND = "#F3F5F8"
ACCENT = "#1F6F5C"
TINT = "#E2EEEA"
RISE = "#1B7F5F"
FALL = "#B8433B"

MOVEMENT_COLORS = {
    "New": "#1F6F5C",
    "Expansion": "#62AE96",
    "Reactivation": "#B4D8CB",
    "Contraction": "#EDB98F",
    "Churned": "#C2554D",
    "Exchange rates": "#9AA5B1",
    "Restated": "#C9CFD6",
}


def outcome_color(is_better: bool | None) -> str:
    """Better is green, worse is red, neither is grey."""
    return SOFT if is_better is None else RISE if is_better else FALL
