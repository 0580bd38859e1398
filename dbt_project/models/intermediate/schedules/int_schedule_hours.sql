-- For how long each version of a schedule had been open up to each UTC day, and when it opens on
-- it; a day with more than one opening is one row for each. The rows of a version tile its time.
with first_days as (
    select
        time_zone,
        cast(min(starts_at) as date) as first_day
    from {{ ref("int_zone_offsets") }}
    group by time_zone
),

bounds as (
    select
        versions.schedule_version,
        first_days.first_day,
        cast(least(versions.valid_to, {{ as_of() }}) as date) as final_day
    from {{ ref("int_schedule_versions") }} as versions
    inner join first_days
        on versions.time_zone = first_days.time_zone
),

days as (
    select
        schedule_version,
        {{ each_day("first_day", "final_day") }} as utc_day
    from bounds
),

window_days as (
    select
        schedule_version,
        opens_at,
        closes_at,
        {{ each_day("cast(opens_at as date)", "cast(closes_at as date)") }} as utc_day
    from {{ ref("int_schedule_windows") }}
),

openings as (
    select
        schedule_version,
        utc_day,
        greatest(opens_at, cast(utc_day as timestamp)) as opens_at,
        least(closes_at, cast({{ add_days("utc_day", 1) }} as timestamp)) as closes_at
    from window_days
),

joined as (
    select
        days.schedule_version,
        days.utc_day,
        cast(days.utc_day as timestamp) as day_starts_at,
        cast({{ add_days("days.utc_day", 1) }} as timestamp) as day_ends_at,
        openings.opens_at,
        coalesce({{ seconds_between("openings.opens_at", "openings.closes_at") }}, 0)
            as open_seconds
    from days
    left join openings
        on
            days.schedule_version = openings.schedule_version
            and days.utc_day = openings.utc_day
            and openings.opens_at < openings.closes_at
),

placed as (
    select
        *,
        row_number() over (
            partition by schedule_version, utc_day order by opens_at
        ) as place,
        lead(opens_at) over (partition by schedule_version, utc_day order by opens_at)
            as next_opens_at,
        sum(open_seconds) over (
            partition by schedule_version
            order by utc_day, opens_at
            rows between unbounded preceding and current row
        ) as seconds_after
    from joined
)

select
    ---------- ids
    schedule_version,

    ---------- numerics
    cast(seconds_after - open_seconds as bigint) as seconds_before,
    open_seconds,

    ---------- dates
    utc_day,

    ---------- timestamps
    case when place = 1 then day_starts_at else opens_at end as starts_at,
    coalesce(next_opens_at, day_ends_at) as ends_at,
    coalesce(opens_at, day_starts_at) as opens_at
from placed
