-- When each version of a schedule was open, in UTC, from the day of the first ticket to the end of
-- the version or of as_of's day: half-open, holidays cut out, no instant twice. Between two changes
-- of the clocks local time is UTC and a constant, so a window is open at every instant whose local
-- time lies in it: in a night that has an hour twice, twice, and in one that lacks it, not at all.
{% set a_sunday = "date '2000-01-02'" %}

with versions as (
    select
        schedule_version,
        schedule_id,
        time_zone,
        valid_from,
        cast({{ add_days("cast(least(valid_to, " ~ as_of() ~ ") as date)", 1) }} as timestamp)
            as needed_until
    from {{ ref("int_schedule_versions") }}
),

stretches as (
    select
        versions.schedule_version,
        versions.schedule_id,
        versions.valid_from,
        zone_offsets.starts_at,
        least(zone_offsets.ends_at, versions.needed_until) as ends_at,
        zone_offsets.offset_seconds * interval '1 second' as ahead
    from versions
    inner join {{ ref("int_zone_offsets") }} as zone_offsets
        on versions.time_zone = zone_offsets.time_zone
    where zone_offsets.starts_at < versions.needed_until
),

local_days as (
    select
        *,
        {{ each_day("cast(starts_at + ahead as date)", "cast(ends_at + ahead as date)") }}
            as local_day
    from stretches
),

-- A window that goes on past midnight is one for each of its days.
weekly_hours as (
    select
        *,
        {{ each_day(
            add_days(a_sunday, "cast(floor(opens_minute / 1440.0) as integer)"),
            add_days(a_sunday, "cast(floor((closes_minute - 1) / 1440.0) as integer)")
        ) }} as reference_day
    from {{ ref("stg_zendesk__schedule_windows") }}
    where opens_minute < closes_minute
),

weekday_hours as (
    select
        schedule_id,
        valid_from,
        extract(dow from reference_day) as day_of_week,
        greatest(opens_minute - {{ days_between(a_sunday, "reference_day") }} * 1440, 0)
        * interval '1 minute' as opens_after,
        least(closes_minute - {{ days_between(a_sunday, "reference_day") }} * 1440, 1440)
        * interval '1 minute' as closes_after
    from weekly_hours
),

holidays as (
    select
        schedule_id,
        valid_from,
        {{ each_day("starts_on", "ends_on") }} as local_day
    from {{ ref("stg_zendesk__schedule_holidays") }}
),

holiday_days as (
    select distinct
        schedule_id,
        valid_from,
        local_day
    from holidays
),

windows as (
    select
        local_days.schedule_version,
        greatest(
            cast(local_days.local_day as timestamp) + weekday_hours.opens_after - local_days.ahead,
            local_days.starts_at
        ) as opens_at,
        least(
            cast(local_days.local_day as timestamp) + weekday_hours.closes_after - local_days.ahead,
            local_days.ends_at
        ) as closes_at
    from local_days
    inner join weekday_hours
        on
            local_days.schedule_id = weekday_hours.schedule_id
            and local_days.valid_from = weekday_hours.valid_from
            and extract(dow from local_days.local_day) = weekday_hours.day_of_week
    left join holiday_days
        on
            local_days.schedule_id = holiday_days.schedule_id
            and local_days.valid_from = holiday_days.valid_from
            and local_days.local_day = holiday_days.local_day
    where holiday_days.local_day is null
),

compared as (
    select
        *,
        max(closes_at) over (
            partition by schedule_version
            order by opens_at, closes_at
            rows between unbounded preceding and 1 preceding
        ) as open_until
    from windows
    where opens_at < closes_at
)

select
    ---------- ids
    schedule_version,

    ---------- timestamps
    greatest(opens_at, coalesce(open_until, opens_at)) as opens_at,
    closes_at
from compared
where open_until is null or open_until < closes_at
