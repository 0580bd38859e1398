"""The chat message of a report, as blocks of Slack's Block Kit."""

from typing import Any, Final

from orchestration.reports.presentation import Page, Table
from orchestration.reports.wording import chat_text

# Slack's own limits.
_LONGEST_HEADER: Final = 150
_LONGEST_TEXT: Final = 2_900


def chat_blocks(shown: Page) -> tuple[dict[str, Any], ...]:
    """Writes what a mail shows for a chat: the headline, the cards, and the lists in short.

    Args:
        shown: The page, shortened.

    Returns:
        Blocks for ``chat.postMessage``.
    """
    cards = [
        _markdown(f"*{chat_text(card.title)}*\n{chat_text(card.value)}  {chat_text(card.change)}")
        for card in shown.cards
    ]
    return (
        {
            "type": "header",
            "text": {
                "type": "plain_text",
                "text": f"{shown.title}, {shown.period}"[:_LONGEST_HEADER],
                "emoji": False,
            },
        },
        {"type": "section", "text": _markdown(chat_text(shown.summary))},
        {"type": "section", "fields": cards},
        *([_list(shown.remake)] if shown.remake else []),
        *(_list(part) for part in shown.tables),
        {"type": "context", "elements": [_markdown(chat_text(line)) for line in shown.foot]},
    )


def _list(part: Table) -> dict[str, Any]:
    lines = [f"*{chat_text(part.title)}*"]
    if not part.rows:
        lines.append(chat_text(part.empty))
    for row in part.rows:
        cells = " \N{MIDDLE DOT} ".join(chat_text(cell) for cell in row.cells[1:] if cell)
        lines.append(f"\N{BULLET} {chat_text(row.cells[0])}: {cells}")
    if part.more:
        lines.append(chat_text(part.more))
    text = ""
    for line in lines:
        # A line is left out whole, never cut in a markup of its own.
        if len(text) + len(line) < _LONGEST_TEXT:
            text += f"{line}\n"
    return {"type": "section", "text": _markdown(text.strip())}


def _markdown(text: str) -> dict[str, Any]:
    # Verbatim: Slack makes no links of what looks like an address or a channel.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
