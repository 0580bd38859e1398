{% set paths = ["start_time", "end_time"] %}

with source as (
    {{ zendesk_versions("schedules") }}
),

intervals as (
    select
        id,
        valid_from,
        {{ json_entries("payload", "intervals") }} as open_interval
    from source
),

opened as (
    select
        *,
        {{ json_texts("open_interval", paths) }} as texts
    from intervals
)

select distinct
    ---------- ids
    id as schedule_id,

    ---------- numerics
    cast({{ text_at("texts", paths, "start_time") }} as integer) as opens_minute,
    cast({{ text_at("texts", paths, "end_time") }} as integer) as closes_minute,

    ---------- timestamps
    valid_from
from opened
