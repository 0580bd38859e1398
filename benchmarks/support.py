"""The support marts on made-up tickets with their whole history."""

import shutil
from pathlib import Path

import duckdb

from benchmarks.preparing import WrongResultError, compile_models
from benchmarks.steps import SUPPORT

# Events of a ticket by its pattern: minutes after the one before, kind of child event, value, value
# before. A half of the tickets need two answers, a tenth come back.
_PATTERNS = """
select * from (values
    (0, 1, 0, 'Create', 'status', 'new', null, 'requester'),
    (0, 2, 0, 'Comment', null, null, null, 'requester'),
    (0, 3, 0, 'ScheduleAssignment', null, null, null, 'rule'),
    (0, 4, 400, 'Change', 'assignee_id', 'agent', null, 'agent'),
    (0, 5, 0, 'Change', 'status', 'open', 'new', 'agent'),
    (0, 6, 90, 'Comment', null, null, null, 'agent'),
    (0, 7, 0, 'Change', 'status', 'pending', 'open', 'agent'),
    (1, 8, 900, 'Comment', null, null, null, 'requester'),
    (1, 9, 0, 'Change', 'status', 'open', 'pending', 'requester'),
    (1, 10, 300, 'Comment', null, null, null, 'agent'),
    (0, 11, 1200, 'Change', 'status', 'solved', 'open', 'agent'),
    (2, 12, 2000, 'Change', 'status', 'open', 'solved', 'requester'),
    (2, 13, 500, 'Change', 'status', 'solved', 'open', 'agent'),
    (0, 14, 5760, 'Change', 'status', 'closed', 'solved', 'rule')
) as steps(pattern, step, minutes, event_type, field, value, previous, actor)
"""

_TICKETS = """
select
    cast(i as text) as ticket_id,
    cast(2000000 + hash(i, 1) % 300000 as text) as requester_id,
    null as organization_id,
    cast(2000000 + hash(i, 1) % 300000 as text) as submitter_id,
    cast(1000 + hash(i, 2) % 40 as text) as assignee_id,
    cast(1 + hash(i, 3) % 5 as text) as group_id,
    'closed' as status,
    case hash(i, 4) % 4 when 0 then 'low' when 1 then 'high' when 2 then 'urgent' else 'normal' end
        as priority,
    case when hash(i, 5) % 3 = 0 then 'web' else 'email' end as channel,
    case when hash(i, 6) % 2 = 0 then 'question' else 'problem' end as ticket_type,
    'About order ' || i as subject,
    'billing;invoice' as tags,
    false as is_deleted,
    hash(i, 7) % 50 = 0 as is_merged,
    false as is_spam,
    timestamp '2023-01-01 00:00:00' + (hash(i, 8) % 92000000) * interval '1 second' as created_at
from range({rows}) as numbered(i)
"""

_EVENTS = """
with steps as ({patterns}),
placed as (
    select
        tickets.*,
        steps.*,
        cast(tickets.ticket_id as bigint) as number
    from staging.stg_zendesk__tickets as tickets
    inner join steps
        on steps.pattern = 0
        or (steps.pattern = 1 and hash(tickets.ticket_id, 9) % 2 = 0)
        or (steps.pattern = 2 and hash(tickets.ticket_id, 10) % 10 = 0)
),
timed as (
    select
        *,
        created_at + sum(
            case when minutes = 0 then 0 else 60 + hash(number, step, 11) % (minutes * 120) end
        ) over (partition by number order by step) * interval '1 second' as occurred_at,
        case actor
            when 'agent' then assignee_id when 'rule' then '-1' else requester_id
        end as actor_id
    from placed
)
select
    cast(number * 100 + step as text) as ticket_event_id,
    cast(number * 100 + step as text) as child_event_id,
    ticket_id,
    actor_id as updater_id,
    case when event_type = 'Comment' then actor_id end as author_id,
    event_type,
    case when actor = 'rule' then 'rule' else 'web form' end as channel,
    case when field = 'status' then value end as status,
    case when field = 'assignee_id' then assignee_id end as assignee_id,
    cast(null as text) as group_id,
    cast(null as text) as priority,
    cast(null as text) as satisfaction_score,
    case when event_type = 'ScheduleAssignment' then cast(1 + number % 2 as text) end
        as new_schedule_id,
    cast(null as text) as previous_schedule_id,
    previous as previous_value,
    cast(null as text) as relation,
    event_type = 'Comment' as is_public,
    occurred_at
from timed
order by hash(number // 50), occurred_at
"""

_USERS = """
select cast(id as text) as user_id, null as external_id, null as organization_id,
    'Person ' || id as name, 'person' || id || '@example.com' as email,
    case when id < 2000 then 'agent' else 'end-user' end as role,
    true as is_active, timestamp '2022-01-01 00:00:00' as created_at
from (select unnest(range(1000, 1040)) as id union all select unnest(range(2000000, 2300000)))
"""

_SCHEDULES = """
select * from (values
    ('1', 'Lisbon', 'Europe/Lisbon', timestamp '2022-01-01 00:00:00',
        timestamp '1900-01-01 00:00:00', timestamp '2024-05-01 00:00:00'),
    ('1', 'Lisbon', 'Europe/Lisbon', timestamp '2022-01-01 00:00:00',
        timestamp '2024-05-01 00:00:00', timestamp '9999-12-31 00:00:00'),
    ('2', 'New York', 'America/New_York', timestamp '2022-01-02 00:00:00',
        timestamp '1900-01-01 00:00:00', timestamp '9999-12-31 00:00:00')
) as schedules(schedule_id, name, time_zone, created_at, valid_from, valid_to)
"""

_WINDOWS = """
select
    schedule_id,
    cast(weekday * 1440 + opens * 60 as integer) as opens_minute,
    cast(weekday * 1440 + closes * 60 as integer) as closes_minute,
    valid_from
from staging.stg_zendesk__schedules
cross join (select unnest(range(1, 6)) as weekday) as weekdays
cross join (values (8, 12), (13, 18)) as hours(opens, closes)
"""


def compile_support(folder: Path) -> Path:
    """Builds the project up to the support marts on empty raw tables, for its compiled SQL."""
    marts = (name for name in SUPPORT if not name.startswith("int_"))
    return compile_models(folder, [f"+{name}" for name in marts])


def prepare_support(empty: Path, warehouse: Path, rows: int) -> None:
    """Makes a warehouse with made-up tickets, their events, and all else the marts read.

    Args:
        empty: The warehouse that ``compile_support`` made.
        warehouse: The new warehouse's file; called as the empty one is.
        rows: How many tickets.
    """
    shutil.copy(empty, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set enable_progress_bar = false")
        for model, query in (
            ("tickets", _TICKETS.format(rows=rows)),
            ("ticket_events", _EVENTS.format(patterns=_PATTERNS)),
            ("users", _USERS),
            ("schedules", _SCHEDULES),
            ("schedule_windows", _WINDOWS),
        ):
            connection.execute(f"drop view staging.stg_zendesk__{model}")
            connection.execute(f"create table staging.stg_zendesk__{model} as {query}")
        connection.execute("checkpoint")


def check_support(warehouse: Path) -> int:
    """Checks that every ticket's replies, reopens and times are those of its pattern.

    Returns:
        How many events the marts read.

    Raises:
        WrongResultError: A count differs.
    """
    with duckdb.connect(str(warehouse)) as connection:
        (events,) = connection.execute(
            "select count(*) from staging.stg_zendesk__ticket_events"
        ).fetchall()[0]
        (wrong,) = connection.execute(
            """
            select count(*)
            from staging.stg_zendesk__tickets as given
            left join marts.fct_tickets as tickets using (ticket_id)
            where
                tickets.replies is distinct from
                    1 + cast(hash(given.ticket_id, 9) % 2 = 0 as integer)
                or tickets.reopens is distinct from
                    cast(hash(given.ticket_id, 10) % 10 = 0 as integer)
                or tickets.first_reply_business_minutes is null
                or tickets.first_reply_business_minutes > tickets.first_reply_calendar_minutes
            """
        ).fetchall()[0]
    if wrong or not events:
        raise WrongResultError(f"{wrong} tickets are not what their events say.")
    return int(events)
