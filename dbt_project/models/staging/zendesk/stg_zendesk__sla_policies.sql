with source as (
    {{ zendesk_versions("sla_policies") }}
)

select
    ---------- ids
    id as policy_id,

    ---------- strings
    {{ json_text("payload", "title") }} as title,

    ---------- timestamps
    valid_from,
    valid_to
from source
