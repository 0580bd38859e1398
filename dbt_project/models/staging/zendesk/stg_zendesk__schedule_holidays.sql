{% set paths = ["start_date", "end_date"] %}

with source as (
    {{ zendesk_versions("schedules") }}
),

holidays as (
    select
        id,
        valid_from,
        {{ json_entries("payload", "holidays") }} as holiday
    from source
),

opened as (
    select
        *,
        {{ json_texts("holiday", paths) }} as texts
    from holidays
)

select distinct
    ---------- ids
    id as schedule_id,

    ---------- timestamps
    valid_from,

    ---------- dates
    cast({{ text_at("texts", paths, "start_date") }} as date) as starts_on,
    cast({{ text_at("texts", paths, "end_date") }} as date) as ends_on
from opened
