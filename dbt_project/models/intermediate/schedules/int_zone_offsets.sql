-- From when to when the clocks of a zone were so far ahead of UTC, from the day of the first ticket
-- to the end of as_of's. A night on which the clocks change is looked at minute by minute.
with span as (
    select
        cast(min(occurred_at) as date) as first_day,
        cast({{ as_of() }} as date) as final_day
    from {{ ref("int_ticket_events") }}
    where kind = 'created'
),

zones as (
    select distinct time_zone
    from {{ ref("int_schedule_versions") }}
    where time_zone is not null
),

days as (
    select
        zones.time_zone,
        {{ each_day("span.first_day", add_days("span.final_day", 1)) }} as utc_day
    from zones
    cross join span
    where span.first_day is not null
),

midnights as (
    select
        time_zone,
        cast(utc_day as timestamp) as starts_at
    from days
),

clocks as (
    select
        time_zone,
        starts_at,
        {{ zone_offset("starts_at", "time_zone") }} as offset_seconds,
        {{ zone_offset("starts_at + interval '1 day'", "time_zone") }} as next_offset_seconds
    from midnights
),

minutes as (
    select
        time_zone,
        {{ each_minute("starts_at", "starts_at + interval '1 day'") }} as starts_at
    from clocks
    where offset_seconds <> next_offset_seconds
),

points as (
    select
        time_zone,
        starts_at,
        offset_seconds
    from clocks
    union
    select
        time_zone,
        starts_at,
        {{ zone_offset("starts_at", "time_zone") }} as offset_seconds
    from minutes
),

compared as (
    select
        *,
        lag(offset_seconds) over (partition by time_zone order by starts_at) as offset_before,
        max(starts_at) over (partition by time_zone) as ends_at
    from points
)

select
    ---------- strings
    time_zone,

    ---------- numerics
    offset_seconds,

    ---------- timestamps
    starts_at,
    lead(starts_at, 1, ends_at) over (partition by time_zone order by starts_at) as ends_at
from compared
where offset_before is null or offset_before <> offset_seconds
