-- From when to when a ticket was in a status; the end of the last one is closed off.
with changes as (
    select
        ticket_number,
        provider,
        new_value as status,
        occurred_at,
        event_order
    from {{ ref("int_ticket_events") }}
    where kind in ('created', 'status_changed')
)

select
    ---------- ids
    ticket_number,
    provider,

    ---------- strings
    status,
    lag(status) over (partition by ticket_number order by occurred_at, event_order)
        as previous_status,

    ---------- booleans
    status in ('solved', 'closed') as is_solved,
    status in ('new', 'open', 'pending', 'hold') as is_unsolved,

    ---------- timestamps
    occurred_at as starts_at,
    coalesce(
        lead(occurred_at) over (partition by ticket_number order by occurred_at, event_order),
        timestamp '9999-12-31 00:00:00'
    ) as ends_at
from changes
