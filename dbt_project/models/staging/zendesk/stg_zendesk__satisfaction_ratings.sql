with source as (
    {{ zendesk_versions("satisfaction_ratings") }}
)

select
    ---------- ids
    id as satisfaction_rating_id,
    ticket_id,

    ---------- strings
    lower(score) as score,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at,
    changed_at
from source
