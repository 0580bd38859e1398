-- The calendar of support: every month from the first counted ticket to the month of the last
-- instant before as_of, which closes, provisionally, on its last day with facts.
with first_day as (
    select {{ local_date("min(created_at)") }} as created_on
    from {{ ref("int_tickets") }}
    where is_counted
),

months as (
    select {{ each_month(month_of("created_on"), month_of(last_day())) }} as metric_month
    from first_day
    where created_on is not null
),

policy as (
    select close_after_days
    from {{ ref("int_policy") }}
)

select
    months.metric_month,
    least({{ add_days(add_months("months.metric_month", 1), -1) }}, {{ last_day() }}) as closes_on,
    {{ local_midnight(add_days(
        add_months("months.metric_month", 1), "policy.close_after_days"
    )) }} <= {{ as_of() }} as is_closed
from months
cross join policy
