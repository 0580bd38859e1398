with source as (
    {{ zendesk_versions("survey_responses") }}
)

select
    ---------- ids
    id as survey_response_id,
    ticket_id,

    ---------- strings
    lower(score) as score,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at,
    changed_at
from source
