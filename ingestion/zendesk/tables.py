"""Zendesk's raw tables, as data: every object as the API served it, and what was read when."""

from dataclasses import dataclass
from enum import Enum

from ingestion.bookkeeping import CONTROL_TOTALS, QUARANTINE, SCHEMA_DRIFT
from ingestion.tables import Kind, RawTable

SWITCH = ("ZENDESK_SUBDOMAIN", "ZENDESK_BASE_URL")

_FIRST = (
    ("id", Kind.TEXT),
    ("created_at", Kind.INSTANT),
    ("updated_at", Kind.INSTANT),
    ("observed_at", Kind.INSTANT),
    ("is_deleted", Kind.FLAG),
)
_LAST = (("payload", Kind.TEXT),)

Path = tuple[str, ...]


class Form(Enum):
    """How a value stands in Zendesk's JSON."""

    IDENTITY = "a whole number that names an object"
    TEXT = "text"
    TIME = "an instant as ISO 8601"
    SECONDS = "an instant as seconds since 1970"

    @property
    def kind(self) -> Kind:
        """The type of its raw column."""
        return Kind.INSTANT if self in (Form.TIME, Form.SECONDS) else Kind.TEXT


class Reading(Enum):
    """How a resource is read."""

    CURSOR = "an export that gives a cursor to go on from"
    TIME = "an export that goes on from a second, the rows of that second again"
    RECENT = "a list of what was made of late"
    WHOLE = "a list that is short enough to be read whole every time"
    SIDE = "comes with the objects of another resource"


@dataclass(frozen=True)
class Field:
    """A typed column, taken from a key of the object.

    Attributes:
        column: The column's name.
        path: The keys that lead to the value.
        form: How the value stands there.
    """

    column: str
    path: Path
    form: Form = Form.TEXT


@dataclass(frozen=True)
class Resource:
    """A kind of object the API gives.

    Attributes:
        table: Name of the raw table.
        key: Where an answer holds the objects.
        path: Where the API gives them, below /api/v2.
        reading: How they are read.
        fields: The typed columns.
        query: What every request for them asks besides pages and times.
        moved: When an export placed a row where it is; its rows come in this order.
        created: When an object was made.
        gone: The key that marks an object that is deleted and still served, with the values that
            say so; without values any but null does.
        since: What a list is asked for to leave out what is older, and how many of its units a
            second has.
        page_rows: The most rows a list gives on a page.
        dropped: Paths of what is never kept; `*` stands for every object of a list.
        texts: Paths of what people wrote, kept only on request.
        keeps_versions: Whether each version stays, not only the newest.
        one: Where one object is given by its id, if anywhere.
        is_optional: Whether smaller plans lack it.
    """

    table: str
    key: str
    path: str
    reading: Reading
    fields: tuple[Field, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    moved: Field = Field("updated_at", ("updated_at",), Form.TIME)
    created: Path = ("created_at",)
    gone: tuple[str, tuple[object, ...]] = ("", ())
    since: tuple[str, int] = ("", 0)
    page_rows: int = 100
    dropped: tuple[Path, ...] = ()
    texts: tuple[Path, ...] = ()
    keeps_versions: bool = False
    one: str = ""
    is_optional: bool = False

    @property
    def raw_table(self) -> RawTable:
        """The declared raw table."""
        typed = tuple((field.column, field.form.kind) for field in self.fields)
        return RawTable(self.table, (*_FIRST, *typed, *_LAST))


_GENERATED = Field("generated_at", ("generated_timestamp",), Form.SECONDS)
_TICKET = Field("ticket_id", ("ticket_id",), Form.IDENTITY)
_ORGANIZATION = Field("organization_id", ("organization_id",), Form.IDENTITY)

TICKETS = Resource(
    "tickets",
    "tickets",
    "incremental/tickets/cursor.json",
    Reading.CURSOR,
    (
        _GENERATED,
        Field("status", ("status",)),
        Field("requester_id", ("requester_id",), Form.IDENTITY),
        _ORGANIZATION,
    ),
    query=(("include", "metric_sets"),),
    # `updated_at` stands still when the system itself changes a ticket.
    moved=_GENERATED,
    gone=("status", ("deleted",)),
    # `fields` repeats `custom_fields`, and `metric_set` what has a table of its own.
    dropped=(
        ("fields",),
        ("metric_set",),
        ("raw_subject",),
        ("via", "source", "from", "phone"),
        ("via", "source", "from", "formatted_phone"),
        ("via", "source", "to", "phone"),
        ("via", "source", "to", "formatted_phone"),
    ),
    texts=(("description",), ("satisfaction_rating", "comment")),
    one="tickets/{id}.json",
)
TICKET_METRICS = Resource(
    "ticket_metrics",
    "metric_sets",
    TICKETS.path,
    Reading.SIDE,
    (_TICKET,),
    one="ticket_metrics/{id}.json",
)
USERS = Resource(
    "users",
    "users",
    "incremental/users/cursor.json",
    Reading.CURSOR,
    (
        Field("role", ("role",)),
        Field("email", ("email",)),
        Field("external_id", ("external_id",)),
        _ORGANIZATION,
    ),
    gone=("active", (False,)),
    dropped=(
        ("phone",),
        ("photo",),
        ("signature",),
        ("notes",),
        ("details",),
        ("shared_phone_number",),
    ),
    one="users/{id}.json",
)
ORGANIZATIONS = Resource(
    "organizations",
    "organizations",
    "incremental/organizations.json",
    Reading.TIME,
    (Field("external_id", ("external_id",)),),
    gone=("deleted_at", ()),
    dropped=(("notes",), ("details",)),
    one="organizations/{id}.json",
)
TICKET_EVENTS = Resource(
    "ticket_events",
    "ticket_events",
    "incremental/ticket_events.json",
    Reading.TIME,
    (
        _TICKET,
        Field("happened_at", ("timestamp",), Form.SECONDS),
        Field("updater_id", ("updater_id",), Form.IDENTITY),
    ),
    query=(("include", "comment_events"),),
    moved=Field("happened_at", ("timestamp",), Form.SECONDS),
    dropped=(
        ("system", "ip_address"),
        ("system", "location"),
        ("system", "latitude"),
        ("system", "longitude"),
        ("metadata", "system"),
        ("child_events", "*", "via", "source", "from", "phone"),
        ("child_events", "*", "data"),
        ("child_events", "*", "formatted_from"),
    ),
    texts=(
        ("child_events", "*", "body"),
        ("child_events", "*", "html_body"),
        ("child_events", "*", "plain_body"),
        ("child_events", "*", "attachments"),
        ("child_events", "*", "subject"),
        ("child_events", "*", "description"),
        ("child_events", "*", "satisfaction_comment"),
    ),
)
TICKET_METRIC_EVENTS = Resource(
    "ticket_metric_events",
    "ticket_metric_events",
    "incremental/ticket_metric_events.json",
    Reading.TIME,
    (
        _TICKET,
        Field("metric", ("metric",)),
        Field("kind", ("type",)),
        Field("happened_at", ("time",), Form.TIME),
    ),
    moved=Field("happened_at", ("time",), Form.TIME),
    created=("time",),
    gone=("deleted", (True,)),
)
SATISFACTION_RATINGS = Resource(
    "satisfaction_ratings",
    "satisfaction_ratings",
    "satisfaction_ratings.json",
    Reading.RECENT,
    (_TICKET, Field("score", ("score",))),
    since=("start_time", 1),
    texts=(("comment",),),
    keeps_versions=True,
    is_optional=True,
    one="satisfaction_ratings/{id}.json",
)
# The form of surveys that follows satisfaction ratings; an account has the one or the other. What
# the columns hold is taken from the answers: see `surveys.py`.
SURVEY_RESPONSES = Resource(
    "survey_responses",
    "survey_responses",
    "guide/survey_responses",
    Reading.RECENT,
    (_TICKET, Field("score", ("score",))),
    since=("filter[created_at_start]", 1000),
    page_rows=50,
    texts=(("answers", "*", "value"),),
    keeps_versions=True,
    is_optional=True,
)
GROUPS = Resource(
    "groups",
    "groups",
    "groups.json",
    Reading.WHOLE,
    gone=("deleted", (True,)),
)
TICKET_FIELDS = Resource("ticket_fields", "ticket_fields", "ticket_fields.json", Reading.WHOLE)
BRANDS = Resource(
    "brands",
    "brands",
    "brands.json",
    Reading.WHOLE,
    gone=("is_deleted", (True,)),
    dropped=(("signature_template",), ("logo",)),
)
SLA_POLICIES = Resource(
    "sla_policies",
    "sla_policies",
    "slas/policies.json",
    Reading.WHOLE,
    keeps_versions=True,
    is_optional=True,
)
# Their holidays are asked for one schedule at a time, and put into them.
SCHEDULES = Resource(
    "schedules",
    "schedules",
    "business_hours/schedules.json",
    Reading.WHOLE,
    keeps_versions=True,
    is_optional=True,
)
DELETED_TICKETS_PATH = "deleted_tickets.json"
HOLIDAYS_PATH = "business_hours/schedules/{id}/holidays.json"

# In the order they are read.
RESOURCES = (
    GROUPS,
    BRANDS,
    TICKET_FIELDS,
    SLA_POLICIES,
    SCHEDULES,
    USERS,
    ORGANIZATIONS,
    TICKETS,
    TICKET_METRICS,
    TICKET_EVENTS,
    TICKET_METRIC_EVENTS,
    SATISFACTION_RATINGS,
    SURVEY_RESPONSES,
)
BY_TABLE = {resource.table: resource for resource in RESOURCES}

# What was read of a resource; the newest row of a resource holds where to go on from: the cursor
# of a cursor export, the second of a time export. It is loaded with the rows it stands for.
WINDOWS = RawTable(
    "windows",
    (
        ("resource", Kind.TEXT),
        ("kind", Kind.TEXT),
        ("cursor", Kind.TEXT),
        ("window_from", Kind.INSTANT),
        ("window_to", Kind.INSTANT),
        ("observed_at", Kind.INSTANT),
        ("rows", Kind.WHOLE),
    ),
)

TABLES = (
    # Stands for the source's freshness.
    TICKETS.raw_table,
    *(resource.raw_table for resource in RESOURCES if resource is not TICKETS),
    WINDOWS,
    QUARANTINE,
    SCHEMA_DRIFT,
    CONTROL_TOTALS,
)
