"""How a ticket went: its times, counts and the events of its clocks, read off its audits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingestion.sandbox.zendesk.log import Audit, Json, MetricEvent, Ticket
from ingestion.sandbox.zendesk.schedules import EUROPE, Schedules, Version
from ingestion.sandbox.zendesk.staff import PREMIUM, STANDARD, TARGETS, TIGHTER, TITLES

WAITING, DONE = ("new", "open", "hold"), ("solved", "closed")
Span = tuple[int, int]  # seconds by the calendar, seconds the desk was open


@dataclass
class Course:
    """A ticket as far as its audits go; moments in Unix seconds.

    Attributes:
        statuses: Each status with the moment it began.
        schedules: Each schedule with the moment it was set.
        replies: When human agents answered in public; opening a ticket is no answer.
        asks: When the requester wrote in public.
        groups: How often it came to another group, the first included.
        assigned: When it came to another agent.
    """

    created_at: int
    statuses: list[tuple[int, str]] = field(default_factory=list)
    schedules: list[tuple[int, int]] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    asks: list[int] = field(default_factory=list)
    comments: list[int] = field(default_factory=list)
    groups: int = 0
    assigned: list[int] = field(default_factory=list)

    @property
    def first_replied_at(self) -> int | None:
        """When the first human answer came."""
        return self.replies[0] if self.replies else None

    @property
    def first_solved_at(self) -> int | None:
        """When it was solved first, or closed if it never was."""
        found = self._moments("solved") or self._moments("closed")
        return found[0] if found else None

    @property
    def solved_at(self) -> int | None:
        """When it was solved last, or closed if it never was."""
        found = self._moments("solved") or self._moments("closed")
        return found[-1] if found else None

    @property
    def reopens(self) -> int:
        """How often it went from solved to anything that is no end."""
        words = [status for _, status in self.statuses]
        return sum(a == "solved" and b not in (*DONE, "deleted") for a, b in pairwise(words))

    def schedule_at(self, moment: int) -> int:
        """The schedule that was set at a moment; without any it is the first one made."""
        return next((one for at, one in reversed(self.schedules) if at <= moment), EUROPE)

    def _moments(self, status: str) -> list[int]:
        return [at for at, word in self.statuses if word == status]


def course_of(audits: Iterable[Audit], humans: frozenset[int]) -> Course:
    """Read a ticket's course off its audits; `humans` are the agents that are none of the bots."""
    course: Course | None = None
    for audit in audits:
        if course is None:
            course = Course(audit.at)
            is_opening = True
        for change in audit.changes:
            if change.field == "status":
                course.statuses.append((audit.at, change.value))
            elif change.field == "schedule":
                course.schedules.append((audit.at, change.value))
            elif change.field == "group_id":
                course.groups += 1
            elif change.field == "assignee_id":
                course.assigned.append(audit.at)
        comment = audit.comment
        if comment and comment.is_public and comment.rel != "merge":
            course.comments.append(audit.at)
            if comment.author_id not in humans:
                if comment.channel != "rule":
                    course.asks.append(audit.at)
            elif not is_opening:
                course.replies.append(audit.at)
        is_opening = False
    if course is None:
        raise ValueError("a ticket has at least the audit that opens it")
    return course


class Clocks:
    """Measures courses by the calendar and by the schedules."""

    def __init__(self, schedules: Schedules) -> None:
        self._schedules = schedules

    def version(self, course: Course, at: int) -> Version:
        """The schedule in force for a ticket at a moment, as it was then."""
        return self._schedules.at(course.schedule_at(at), at)

    def span(self, course: Course, start: int, end: int) -> Span:
        """A span measured with the one schedule that is in force at its end."""
        return end - start, self.version(course, end).time.between(start, end)

    def until(self, course: Course, end: int | None) -> Span | None:
        """The span from the creation, if it has ended."""
        return None if end is None else self.span(course, course.created_at, end)

    def waits(self, course: Course, statuses: Sequence[str]) -> Span:
        """The time in some statuses up to the latest change, each stretch by its own end."""
        calendar = business = 0
        for (start, status), (end, _) in pairwise(course.statuses):
            if status in statuses:
                seconds, open_seconds = self.span(course, start, end)
                calendar += seconds
                business += open_seconds
        return calendar, business


def metric_set(ticket: Ticket, audits: Sequence[Audit], course: Course, clocks: Clocks) -> Json:
    """Return a ticket's metrics as the API shows them; minutes are whole ones."""
    last = max(audit.at for audit in audits if not audit.is_silent)
    is_done = course.solved_at is not None

    def minutes(span: Span | None) -> Json:
        calendar, business = (None, None) if span is None else (span[0] // 60, span[1] // 60)
        return {"calendar": calendar, "business": business}

    return {
        "id": ticket.id * 1_000_003,
        "url": f"ticket_metrics/{ticket.id * 1_000_003}",
        "ticket_id": ticket.id,
        "created_at": course.created_at,
        "updated_at": last,
        "group_stations": course.groups,
        "assignee_stations": len(course.assigned),
        "reopens": course.reopens,
        "replies": len(course.replies),
        "assignee_updated_at": course.assigned[-1] if course.assigned else None,
        "requester_updated_at": course.asks[-1] if course.asks else course.created_at,
        "status_updated_at": course.statuses[-1][0],
        "custom_status_updated_at": course.statuses[-1][0],
        "initially_assigned_at": course.assigned[0] if course.assigned else None,
        "assigned_at": course.assigned[-1] if course.assigned else None,
        "solved_at": course.solved_at,
        "latest_comment_added_at": course.comments[-1] if course.comments else None,
        "reply_time_in_minutes": minutes(clocks.until(course, course.first_replied_at)),
        "first_resolution_time_in_minutes": minutes(clocks.until(course, course.first_solved_at)),
        "full_resolution_time_in_minutes": minutes(clocks.until(course, course.solved_at)),
        "agent_wait_time_in_minutes": minutes(
            clocks.waits(course, ("pending",)) if is_done else None
        ),
        "requester_wait_time_in_minutes": minutes(
            clocks.waits(course, WAITING) if is_done else None
        ),
        "on_hold_time_in_minutes": minutes(clocks.waits(course, ("hold",))),
    }


def metric_events(
    ticket: Ticket, course: Course, clocks: Clocks, tightened_at: int
) -> list[MetricEvent]:
    """Return the events of a ticket's clocks: of answering, of waiting, of working.

    Args:
        ticket: Whose.
        course: How it went.
        clocks: What measures it.
        tightened_at: When the standard policy got its later targets.
    """
    made: list[MetricEvent] = []
    opened = {change.field: change.value for change in ticket.audits[0].changes}
    policy = PREMIUM if opened["sla_policy"] == TITLES[PREMIUM] else STANDARD
    is_tight = policy == STANDARD and course.created_at >= tightened_at
    reply_target, wait_target = (TIGHTER if is_tight else TARGETS[policy])[opened["priority"]]
    sla = {"id": policy, "title": TITLES[policy], "description": ""}

    def add(at: int, metric: str, instance: int, kind: str, **more: object) -> None:
        made.append(MetricEvent(at, ticket, metric, instance, kind, more))

    def promise(at: int, metric: str, target: int) -> None:
        terms = {"target": target, "target_in_seconds": target * 60, "business_hours": True}
        add(at, metric, 1, "apply_sla", sla={**terms, "policy": sla})

    def breach(metric: str, due_at: int, fulfilled_at: int | None) -> None:
        if fulfilled_at is None or due_at < fulfilled_at:
            add(due_at, metric, 1, "breach")

    def tell(at: int, metric: str, instance: int, span: Span) -> None:
        status = {"calendar": span[0] // 60, "business": span[1] // 60}
        add(at, metric, instance, "update_status", status=status)

    # Answering: every first message after an answer starts the next instance.
    add(course.created_at, "reply_time", 1, "activate")
    promise(course.created_at, "reply_time", reply_target)
    open_time = clocks.version(course, course.created_at).time
    breach(
        "reply_time", open_time.after(course.created_at, reply_target * 60), course.first_replied_at
    )
    instance, waits_since = 1, course.created_at
    is_waiting = True
    talk = sorted(
        [(at, "ask") for at in course.asks[1:]] + [(at, "reply") for at in course.replies]
    )
    for at, word in talk:
        if word == "ask" and not is_waiting:
            instance, waits_since, is_waiting = instance + 1, at, True
            add(at, "reply_time", instance, "activate")
        elif word == "reply" and is_waiting:
            is_waiting = False
            add(at, "reply_time", instance, "fulfill")
            tell(at, "reply_time", instance, clocks.span(course, waits_since, at))

    # Waiting and working run by the status.
    for metric, running in (("requester_wait_time", WAITING), ("agent_work_time", ("new", "open"))):
        spent = instance = 0
        state, due = "", wait_target * 60 if metric == "requester_wait_time" else None
        for place, (at, status) in enumerate(course.statuses):
            now = "run" if status in running else "end" if status in DONE else "rest"
            if now == "run" and state != "run":
                instance += state in ("", "end")
                add(at, metric, instance, "activate")
                if not state and due is not None:
                    promise(at, metric, wait_target)
            elif now == "rest" and state == "run":
                add(at, metric, instance, "pause")
            elif now == "end" and state not in ("end", ""):
                add(at, metric, instance, "fulfill")
                tell(at, metric, instance, clocks.waits(_upto(course, at), running))
            state = now
            if now == "run" and due is not None and instance == 1:
                time, left = clocks.version(course, at).time, due - spent
                ends = course.statuses[place + 1 : place + 2]
                took = time.between(at, ends[0][0]) if ends else left
                if took < left:
                    spent += took
                else:
                    add(time.after(at, left), metric, 1, "breach")
                    due = None
    made.sort(key=lambda event: event.at)
    return made


def _upto(course: Course, at: int) -> Course:
    return Course(
        course.created_at,
        [one for one in course.statuses if one[0] <= at],
        course.schedules,
    )
