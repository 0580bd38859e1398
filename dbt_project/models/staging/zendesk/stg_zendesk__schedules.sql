{% set paths = ["name", "time_zone"] %}

with source as (
    {{ zendesk_versions("schedules") }}
),

opened as (
    select
        *,
        {{ json_texts("payload", paths) }} as texts
    from source
)

select
    ---------- ids
    id as schedule_id,

    ---------- strings
    {{ text_at("texts", paths, "name") }} as name,
    {{ text_at("texts", paths, "time_zone") }} as time_zone,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at,
    valid_from,
    valid_to
from opened
