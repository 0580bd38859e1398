-- The reporting calendar: every month from the first subscription to the month of the last
-- instant before as_of. The last month closes, provisionally, on its last day with facts.
with first_day as (
    select min(started_on) as started_on
    from {{ ref("int_subscription_periods") }}
),

months as (
    select {{ each_month(month_of("started_on"), month_of(last_day())) }} as metric_month
    from first_day
    where started_on is not null
),

bounded as (
    select
        metric_month,
        {{ add_months("metric_month", 1) }} as next_month,
        least({{ add_days(add_months("metric_month", 1), -1) }}, {{ last_day() }}) as closes_on
    from months
),

policy as (
    select close_after_days
    from {{ ref("int_policy") }}
)

select
    bounded.metric_month,
    bounded.next_month,
    {{ add_months("bounded.metric_month", -1) }} as previous_month,
    {{ add_months("bounded.metric_month", -12) }} as month_a_year_before,
    bounded.closes_on,
    least({{ local_midnight(add_days("bounded.closes_on", 1)) }}, {{ as_of() }}) as closes_at,
    {{ local_midnight(add_days("bounded.next_month", "policy.close_after_days")) }}
    <= {{ as_of() }} as is_closed
from bounded
cross join policy
