"""How texts of others are made harmless where a program would take them for more."""

import re
from typing import Final

# Not seen, takes no room, and ends no line.
_WORD_JOINER: Final = "\u2060"
# The marks that hold an address together: of a scheme, of a mailbox, of a domain.
_IN_AN_ADDRESS: Final = re.compile(
    r":(?=//|\S+@)|(?<=\S)@(?=\S)|(?<=\w)\.(?=[^\W\d_]{2})|(?<=\bwww)\."
)
# What a spreadsheet takes for the start of a formula, full-width forms included.
_FORMULA_STARTS = "=+-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20"
_SKIPPED_BEFORE_FORMULA = " \"'\ufeff\u00a0"


def spreadsheet_text(text: str) -> str:
    """Makes a text that came from elsewhere harmless in a spreadsheet.

    A text that a spreadsheet would take for a formula is given an apostrophe in front. Numbers are
    never passed through here: a negative amount stays a number.
    """
    first = text.lstrip(_SKIPPED_BEFORE_FORMULA)[:1]
    is_formula = bool(first) and first in _FORMULA_STARTS
    return f"'{text}" if is_formula else text


def unlinked_text(text: str) -> str:
    """Makes a text no address: mail programs and readers of PDFs make links of what looks like one.

    What is seen stays the same; a word joiner stands where the address would go on.
    """
    return _IN_AN_ADDRESS.sub(lambda mark: f"{mark[0]}{_WORD_JOINER}", text)


def chat_text(text: str) -> str:
    """Makes a text harmless in Slack's markup: no link, no mention, no emphasis.

    Slack takes three characters for control characters and a few for emphasis.
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A word joiner between takes emphasis, channels and emoji their meaning; it is not seen.
    for mark in "*_~`:":
        escaped = escaped.replace(mark, f"{mark}{_WORD_JOINER}")
    return escaped
