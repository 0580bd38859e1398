"""What customers say afterwards: the older ratings, and the surveys that took their place."""

from ingestion.sandbox.zendesk.log import Json, Mutation, Ticket

SURVEY, QUESTION, FREE_TEXT = (
    "01JQ4FMXHBW5WHJ6D7BEMA0RZC5",
    "01JQ4FMXA2ZKKW0SW4G3MA6FBV9",
    "01JQ4FMXA30EKPSYPJRYHK3NJPQ",
)
KEPT_OPEN = 28 * 86_400
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BAD, GOOD = "I had to ask twice.", "Thank you, that was quick."


def opinions_of(ticket: Ticket, surveys_from: int) -> list[Mutation]:
    """Return the versions of a ticket's rating or survey response; nobody asked, none made."""
    if not ticket.opinions:
        return []
    offered_at = ticket.opinions[0][0]
    if offered_at >= surveys_from:
        return _responses(ticket, offered_at)
    return _ratings(ticket, offered_at)


def rating_id(ticket: Ticket) -> int:
    """The id of a ticket's rating."""
    return 370_000_000_000 + ticket.id * 1_009


def _ratings(ticket: Ticket, offered_at: int) -> list[Mutation]:
    log = []
    for at, score in ticket.opinions:
        state = _fields_at(ticket, at)
        body: Json = {
            "id": rating_id(ticket),
            "url": f"satisfaction_ratings/{rating_id(ticket)}",
            "ticket_id": ticket.id,
            "requester_id": state["requester_id"],
            "assignee_id": state.get("assignee_id"),
            "group_id": state["group_id"],
            "score": _word(score),
            "comment": _comment(ticket, score),
            "reason": "No reason provided" if 0 < score < 3 else None,
            "reason_id": None,
            "reason_code": 0 if 0 < score < 3 else None,
            "created_at": offered_at,
            "updated_at": at,
        }
        log.append(Mutation(at, "satisfaction_ratings", str(body["id"]), body))
    return log


def _responses(ticket: Ticket, offered_at: int) -> list[Mutation]:
    log, answered_at = [], 0
    identity = _ulid(offered_at, ticket.id)
    for at, score in ticket.opinions:
        answers: list[Json] = []
        if score:
            answered_at = answered_at or at
            times = {"created_at": answered_at, "updated_at": at}
            question = {"type": "rating_scale_numeric", "sub_type": "customer_satisfaction"}
            answers.append(
                {
                    "type": "rating_scale",
                    "rating": score,
                    "rating_category": "good" if score > 3 else "bad",
                    "question": {**question, "id": QUESTION},
                    **times,
                }
            )
            text = _comment(ticket, score)
            if text:
                question = {"type": "open_ended", "id": FREE_TEXT}
                answers.append({"type": "open_ended", "value": text, "question": question, **times})
        body: Json = {
            "id": identity,
            "expires_at": offered_at + KEPT_OPEN,
            "responder_id": str(_fields_at(ticket, at)["requester_id"]),
            "subject_zrns": [f"zen:ticket:{ticket.id}"],
            "subjects": [
                {"id": str(ticket.id), "type": "ticket", "zrn": f"zen:ticket:{ticket.id}"}
            ],
            "survey": {"id": SURVEY, "version": 1, "state": "enabled"},
            "answers": answers,
        }
        log.append(Mutation(at, "survey_responses", identity, body))
    return log


def _fields_at(ticket: Ticket, at: int) -> Json:
    return {
        change.field: change.value
        for audit in ticket.audits
        if audit.at <= at
        for change in audit.changes
    }


def _word(score: int) -> str:
    return "offered" if score == 0 else "good" if score > 3 else "bad"


def _comment(ticket: Ticket, score: int) -> str | None:
    """What is written beside it, by some."""
    if not score or ticket.id % 3:
        return None
    return GOOD if score > 3 else BAD


def _ulid(at: int, number: int) -> str:
    """An id that sorts by its moment, as the survey's ids do."""
    value, letters = (at * 1000 << 80) + number * 1_000_003, ""
    for _ in range(26):
        value, rest = divmod(value, 32)
        letters = LETTERS[rest] + letters
    return letters
