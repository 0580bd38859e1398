with source as (
    {{ current_file_rows("tickets") }}
)

select
    ---------- ids
    ticket_id,
    customer_id,

    ---------- strings
    lower(trim(requester_email)) as requester_email,
    organization,
    status,
    priority,
    channel,
    {{ adapter.quote("type") }} as ticket_type,
    subject,
    tags,

    ---------- numerics
    replies,
    reopens,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at,
    {{ to_utc("first_replied_at") }} as first_replied_at,
    {{ to_utc("first_solved_at") }} as first_solved_at,
    {{ to_utc("solved_at") }} as solved_at
from source
