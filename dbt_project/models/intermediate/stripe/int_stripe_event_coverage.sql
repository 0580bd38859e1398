-- The stretches of time of which every event was read. The last of them goes on: what has no event
-- since then has not changed.
with ordered as (
    select
        read_from,
        read_to,
        max(read_to) over (
            order by read_from, read_to
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from {{ ref("stg_stripe__event_windows") }}
),

numbered as (
    select
        *,
        sum(case when read_from <= reached_at then 0 else 1 end) over (
            order by read_from, read_to
            rows between unbounded preceding and current row
        ) as stretch
    from ordered
),

stretches as (
    select
        stretch,
        min(read_from) as starts_at,
        max(read_to) as read_to
    from numbered
    group by stretch
)

select
    stretch,
    starts_at,
    case
        when stretch = max(stretch) over () then timestamp '9999-12-31 00:00:00'
        else read_to
    end as ends_at
from stretches
