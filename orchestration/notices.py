"""Notices: one short page a person reads when a run did something they must know of."""

from pathlib import Path

from ingestion.settings import Home


def write_notice(home: Home, name: str, title: str, body: str) -> Path:
    """Writes a notice once; one that is already there stays as it was.

    Args:
        home: The data folder's paths.
        name: The notice's file name without ending; the same event has the same name.
        title: One line.
        body: What happened and what to do, in Markdown, without personal data beyond ids.

    Returns:
        The notice's file.
    """
    home.notices.mkdir(parents=True, exist_ok=True)
    notice = home.notices / f"{name}.md"
    if not notice.exists():
        draft = notice.with_suffix(".draft")
        draft.write_text(f"# {title}\n\n{body.strip()}\n", encoding="utf-8")
        draft.replace(notice)
    return notice
