"""Reads out of a survey's answers what a satisfaction rating says in columns of its own."""

from typing import Any

_RATING = "rating_scale"
_SATISFACTION = "customer_satisfaction"


def flattened(response: dict[str, Any]) -> dict[str, Any]:
    """Return the ticket, the score and the times of a response under the keys of a rating.

    The score is the category of the rating, good or bad, and the rating itself where Zendesk gives
    no category. A response without answers was offered and not given.
    """
    answers = [one for one in _list(response.get("answers")) if isinstance(one, dict)]
    created = [one["created_at"] for one in answers if isinstance(one.get("created_at"), str)]
    updated = [one["updated_at"] for one in answers if isinstance(one.get("updated_at"), str)]
    return {
        "ticket_id": _ticket(response),
        "score": next((_score(one) for one in answers if _is_satisfaction(one)), None),
        "created_at": min(created, default=None),
        "updated_at": max(updated, default=None),
    }


def _ticket(response: dict[str, Any]) -> int | None:
    for subject in _list(response.get("subjects")):
        if isinstance(subject, dict) and str(subject.get("zrn", "")).startswith("zen:ticket:"):
            number = str(subject["zrn"]).removeprefix("zen:ticket:")
            return int(number) if number.isdigit() else None
    return None


def _is_satisfaction(answer: dict[str, Any]) -> bool:
    question = answer.get("question")
    sub_type = question.get("sub_type") if isinstance(question, dict) else None
    return answer.get("type") == _RATING and sub_type in (_SATISFACTION, None)


def _score(answer: dict[str, Any]) -> str | None:
    category, rating = answer.get("rating_category"), answer.get("rating")
    if isinstance(category, str):
        return category
    return None if rating is None else str(rating)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
