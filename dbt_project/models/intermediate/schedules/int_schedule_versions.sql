-- Every version of every schedule with a number of its own. One whose zone nobody knows keeps no
-- zone, so that nothing is measured by it.
with versions as (
    select
        'zendesk' as provider,
        *
    from {{ ref("stg_zendesk__schedules") }}
),

zones as (
    select name
    from {{ known_time_zones() }}
),

ranked as (
    select
        versions.*,
        zones.name as known_time_zone,
        dense_rank() over (
            partition by versions.provider order by versions.created_at, versions.schedule_id
        ) as age_rank
    from versions
    left join zones
        on versions.time_zone = zones.name
)

select
    ---------- ids
    cast(row_number() over (order by provider, schedule_id, valid_from) as integer)
        as schedule_version,
    provider,
    schedule_id,

    ---------- strings
    name,
    known_time_zone as time_zone,
    time_zone as given_time_zone,

    ---------- booleans
    -- The oldest schedule is that of a ticket to which none was ever assigned.
    age_rank = 1 as is_default,

    ---------- timestamps
    valid_from,
    valid_to
from ranked
