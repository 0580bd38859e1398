-- A whole number for each ticket before as_of: its history is sorted and joined by it, which takes
-- much less than doing so by text.
with tickets as (
    select
        'files' as provider,
        ticket_id,
        cast(null as text) as requester_id,
        false as is_deleted,
        created_at
    from {{ ref("stg_files__tickets") }}
    union all
    select
        'zendesk' as provider,
        ticket_id,
        requester_id,
        is_deleted,
        created_at
    from {{ ref("stg_zendesk__tickets") }}
)

select
    ---------- ids
    row_number() over (order by provider, ticket_id) as ticket_number,
    provider || '|' || ticket_id as ticket_key,
    provider,
    ticket_id,
    requester_id,

    ---------- booleans
    is_deleted,

    ---------- timestamps
    created_at
from tickets
where created_at < {{ as_of() }}
