-- Unsolved tickets at the end of each day by how long ago they were created. A stretch in which a
-- ticket was unsolved adds one on the day it began, or grew so old, and takes it away on the day it
-- ended, or grew older; the backlog is the running sum.
{% set bands = [
    ("0-1 days", 0, 2), ("2-7 days", 2, 8), ("8-30 days", 8, 31), ("31-90 days", 31, 91),
    ("91+ days", 91, none),
] %}

with stretches as (
    select
        {{ local_date("tickets.created_at") }} as created_on,
        {{ local_date("stretches.starts_at") }} as starts_on,
        -- What has not ended needs no zone, and an end of time near midnight none that has moved.
        case
            when stretches.ends_at < {{ as_of() }} then {{ local_date("stretches.ends_at") }}
            else date '9999-12-31'
        end as ends_on
    from {{ ref("int_ticket_status_stretches") }} as stretches
    inner join {{ ref("int_tickets") }} as tickets
        on stretches.ticket_number = tickets.ticket_number
    where stretches.is_unsolved and tickets.is_counted
),

grouped as (
    select
        created_on,
        starts_on,
        ends_on,
        count(*) as tickets
    from stretches
    where starts_on < ends_on
    group by created_on, starts_on, ends_on
),

banded as (
    {% for band, youngest, older in bands %}
        select
            '{{ band }}' as age_band,
            greatest(starts_on, {{ add_days("created_on", youngest) }}) as starts_on,
            {% if older is none %}
                ends_on,
            {% else %}
                least(ends_on, {{ add_days("created_on", older) }}) as ends_on,
            {% endif %}
            tickets
        from grouped
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

first_day as (
    select min(created_on) as created_on
    from stretches
),

days as (
    select {{ each_day("created_on", last_day()) }} as backlog_on
    from first_day
    where created_on is not null
),

changes as (
    select
        age_band,
        starts_on as backlog_on,
        tickets
    from banded
    where starts_on < ends_on
    union all
    select
        age_band,
        ends_on as backlog_on,
        -tickets as tickets
    from banded
    where starts_on < ends_on
    {% for band, youngest, older in bands %}
        union all
        select
            '{{ band }}' as age_band,
            backlog_on,
            0 as tickets
        from days
    {% endfor %}
),

daily as (
    select
        age_band,
        backlog_on,
        sum(tickets) as tickets
    from changes
    where backlog_on <= {{ last_day() }}
    group by age_band, backlog_on
),

summed as (
    select
        age_band,
        backlog_on,
        sum(tickets) over (
            partition by age_band order by backlog_on
            rows between unbounded preceding and current row
        ) as tickets
    from daily
)

select
    ---------- strings
    age_band,

    ---------- numerics
    case age_band
        {% for band, youngest, older in bands %}
            when '{{ band }}' then {{ youngest }}
        {% endfor %}
    end as youngest_days,
    cast(tickets as bigint) as tickets,

    ---------- dates
    backlog_on
from summed
