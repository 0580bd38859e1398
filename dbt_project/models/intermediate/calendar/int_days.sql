-- The days of the months that are reported: the time spine of the semantic layer.
with bounds as (
    select
        min(metric_month) as first_day,
        {{ add_days("max(next_month)", -1) }} as final_day
    from {{ ref("int_months") }}
)

select {{ each_day("first_day", "final_day") }} as calendar_day
from bounds
where first_day is not null
