"""Objects as the API shows them."""

from datetime import UTC, datetime
from typing import Any

from ingestion.sandbox.zendesk.fold import State
from ingestion.sandbox.zendesk.log import Audit, Change, Comment, Json, MetricEvent
from ingestion.sandbox.zendesk.ratings import rating_id
from ingestion.sandbox.zendesk.staff import (
    AUTOMATIONS,
    BRAND,
    FORM,
    SEATS_FIELD,
    STATUSES,
    TOPIC_FIELD,
)

SCRUBBED = "SCRUBBED"
TOPIC = f"custom:{TOPIC_FIELD}"
# Ids that the ticket event export shows as text.
AS_TEXT = frozenset({"organization_id", "brand_id", "ticket_form_id", "custom_status_id"})
NO_SYSTEM: Json = {"client": None, "location": None, "latitude": None, "longitude": None}


def iso(at: int) -> str:
    """Unix seconds in the API's words."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dressed(body: Json, base: str) -> Json:
    """Return an object of the log with its moments as text and its address whole."""
    return {key: _dressed(key, value, base) for key, value in body.items()}


def _dressed(key: str, value: Any, base: str) -> Any:
    if key.endswith("_at") and isinstance(value, int):
        return iso(value)
    if key == "url" and isinstance(value, str):
        return f"{base}/{value}.json"
    if isinstance(value, dict):
        return dressed(value, base)
    if isinstance(value, list):
        return [dressed(one, base) if isinstance(one, dict) else one for one in value]
    return value


def ticket_body(state: State, base: str) -> Json:
    """Return a ticket as the incremental export shows it, without side-loads."""
    ticket, fields = state.ticket, state.fields
    opening = ticket.audits[0].comment
    is_scrubbed = state.is_scrubbed
    subject = SCRUBBED if is_scrubbed else fields["subject"]
    custom = [
        {"id": TOPIC_FIELD, "value": None if is_scrubbed else fields.get(TOPIC)},
        {"id": SEATS_FIELD, "value": None},
    ]
    sender: Json = {}
    if ticket.channel == "email" and not is_scrubbed:
        sender = {"address": ticket.address, "name": ticket.address.split("@")[0]}
    return {
        "id": ticket.id,
        "url": f"{base}/tickets/{ticket.id}.json",
        "external_id": None,
        "via": {"channel": ticket.channel, "source": {"from": sender, "to": {}, "rel": None}},
        "created_at": iso(ticket.created_at),
        "updated_at": iso(state.updated_at),
        "generated_timestamp": state.generated_at,
        "type": fields["type"],
        "subject": subject,
        "raw_subject": subject,
        "description": SCRUBBED if is_scrubbed else opening.text if opening else "",
        "priority": fields["priority"],
        "status": fields["status"],
        "recipient": None,
        "requester_id": fields["requester_id"],
        "submitter_id": ticket.submitter_id,
        "assignee_id": fields.get("assignee_id"),
        "organization_id": fields["organization_id"],
        "group_id": fields["group_id"],
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": opening is not None and opening.is_public,
        "due_at": None,
        "tags": [] if is_scrubbed else fields.get("tags", []),
        "custom_fields": custom,
        "satisfaction_rating": _rating(state),
        "sharing_agreement_ids": [],
        "custom_status_id": fields.get("custom_status_id", STATUSES["solved"]),
        "encoded_id": f"LB{ticket.id:07}",
        "fields": custom,
        "followup_ids": [],
        "ticket_form_id": FORM,
        "brand_id": BRAND,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
        "support_type": "agent",
    }


def _rating(state: State) -> Json:
    score = state.fields.get("satisfaction_score")
    if score is None:
        return {"score": "unoffered"}
    if score == "offered":
        return {"score": "offered"}
    more = {"comment": None, "reason": None, "reason_id": None}
    return {"score": score, "id": rating_id(state.ticket), **more}


def event_body(audit: Audit, *, with_comments: bool) -> Json:
    """Return an event of the ticket event export; comments are whole only on request."""
    kind = "Create" if audit is audit.ticket.audits[0] else "Change"
    children: list[Json] = []
    if audit.comment is not None:
        children.append(_comment(audit, audit.comment, whole=with_comments))
    children += [_change(change, kind, audit.via) for change in audit.changes]
    for number, child in enumerate(children, start=1):
        child["id"] = audit.id + number
    body = {
        "id": audit.id,
        "ticket_id": audit.ticket.id,
        "timestamp": audit.at,
        "created_at": iso(audit.at),
        "updater_id": audit.updater_id,
        "via": audit.via,
        "system": NO_SYSTEM,
        "event_type": "Audit",
        "child_events": children,
    }
    if with_comments:
        body["metadata"] = {"custom": {}, "system": {"ip_address": None, **NO_SYSTEM}}
    return body


def _change(change: Change, kind: str, via: str) -> Json:
    rule = change.rule
    child: Json = {"event_type": kind, "via": via, "via_reference_id": None}
    if rule is not None:
        rel = "automation" if rule in AUTOMATIONS else "trigger"
        child = {"event_type": "Change", "via": "Rule", "via_reference_id": rule, "rel": rel}
        child["revision_id"] = 1
    if change.field == "schedule":
        ids = {"previous_schedule_id": change.previous, "new_schedule_id": change.value}
        return child | {"event_type": "ScheduleAssignment", **ids}
    shown = _text if change.field in AS_TEXT else _same
    if child["event_type"] == "Change" and change.field != "tags":
        child["previous_value"] = shown(change.previous)
    if change.field == "tags":
        before, after = set(change.previous or []), set(change.value)
        child |= {"tags": change.value, "added_tags": sorted(after - before)}
        return child | {"removed_tags": sorted(before - after)}
    if change.field.startswith("custom:"):
        return child | {"custom_ticket_fields": {change.field[7:]: change.value}}
    return child | {change.field: shown(change.value)}


def _comment(audit: Audit, comment: Comment, *, whole: bool) -> Json:
    child: Json = {"event_type": "Comment", "via_reference_id": None}
    if not whole:
        presence = {"comment_present": True, "comment_public": comment.is_public}
        return child | {"via": audit.via, **presence}
    source: Json = {"from": {}, "to": {}, "rel": comment.rel}
    if comment.rel == "trigger":
        source["from"] = {"title": "Welcome", "deleted": False}
    return child | {
        "type": "Comment",
        "via": {"channel": comment.channel, "source": source},
        "author_id": comment.author_id,
        "body": comment.text,
        "html_body": f'<div class="zd-comment" dir="auto"><p dir="auto">{comment.text}</p></div>',
        "plain_body": comment.text,
        "public": comment.is_public,
        "attachments": [],
        "audit_id": audit.id,
        "created_at": iso(audit.at),
    }


def metric_event_body(event: MetricEvent, *, is_deleted: bool) -> Json:
    """Return an event of a ticket's clocks."""
    body: Json = {
        "id": event.id,
        "ticket_id": event.ticket.id,
        "metric": event.metric,
        "instance_id": event.instance,
        "type": event.type,
        "time": iso(event.at),
        **event.more,
    }
    if is_deleted:
        body["deleted"] = True
    return body


def _same(value: Any) -> Any:
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
