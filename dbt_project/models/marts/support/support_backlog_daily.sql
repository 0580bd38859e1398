select
    backlog_on,
    age_band,
    cast(youngest_days as integer) as youngest_days,
    tickets
from {{ ref("int_backlog_days") }}
order by backlog_on, youngest_days
