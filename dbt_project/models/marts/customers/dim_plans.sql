with periods as (
    select
        provider,
        plan_id,
        subscription_item_id,
        customer_id,
        is_recurring and not is_metered as is_in_mrr,
        is_running,
        started_on
    from {{ ref("int_subscription_periods") }}
)

select
    plan_id,
    min(provider) as provider,
    plan_id as name,
    max(case when is_in_mrr then 1 else 0 end) = 1 as is_in_mrr,
    cast(count(distinct customer_id) as integer) as customers_ever,
    cast(count(distinct case when is_running then customer_id end) as integer)
        as customers_running,
    min(started_on) as first_started_on,
    max(started_on) as last_started_on
from periods
group by plan_id
order by plan_id
