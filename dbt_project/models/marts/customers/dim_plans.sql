-- One row for each plan. Where the biller has names for its plans, they are these.
with plans as (
    select
        plan_id,
        min(provider) as provider,
        max(case when is_recurring and not is_metered then 1 else 0 end) = 1 as is_in_mrr,
        cast(count(distinct customer_id) as integer) as customers_ever,
        cast(count(distinct case when is_running then customer_id end) as integer)
            as customers_running,
        min(started_on) as first_started_on,
        max(started_on) as last_started_on
    from {{ ref("int_subscription_periods") }}
    group by plan_id
)

select
    plans.plan_id,
    plans.provider,
    coalesce(products.name, plans.plan_id) as name,
    plans.is_in_mrr,
    plans.customers_ever,
    plans.customers_running,
    plans.first_started_on,
    plans.last_started_on
from plans
left join {{ ref("int_stripe_products") }} as products
    on plans.plan_id = products.plan_id
order by plans.plan_id
