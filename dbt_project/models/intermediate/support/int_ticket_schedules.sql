-- From when to when a ticket was measured by a schedule that was assigned to it. Before the first
-- assignment it was the one that the assignment replaced, where there was one; a ticket without a
-- row, or whose time no row holds, is measured by the default schedule.
with assignments as (
    select
        ticket_number,
        new_value as schedule_id,
        previous_value as previous_schedule_id,
        occurred_at,
        row_number() over (partition by ticket_number order by occurred_at, event_order) as place,
        coalesce(
            lead(occurred_at) over (partition by ticket_number order by occurred_at, event_order),
            timestamp '9999-12-31 00:00:00'
        ) as next_assigned_at
    from {{ ref("int_ticket_events") }}
    where kind = 'schedule_changed'
)

select
    ticket_number,
    schedule_id,
    occurred_at as starts_at,
    next_assigned_at as ends_at
from assignments
where occurred_at < next_assigned_at and schedule_id is not null
union all
select
    ticket_number,
    previous_schedule_id as schedule_id,
    timestamp '1900-01-01 00:00:00' as starts_at,
    occurred_at as ends_at
from assignments
where place = 1 and previous_schedule_id is not null
