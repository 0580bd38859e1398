-- What each customer used in the last 30 days, and when they last used anything.
with used as (
    select
        coalesce(customer_ids.customer_id, usage.customer_id) as customer_id,
        usage.feature,
        usage.quantity,
        usage.occurred_on
    from {{ ref("stg_files__usage") }} as usage
    left join {{ ref("int_customer_ids") }} as customer_ids
        on usage.customer_id = customer_ids.account_id
    where usage.occurred_on <= {{ last_day() }}
)

select
    customer_id,
    max(occurred_on) as last_used_on,
    count(
        distinct case when occurred_on >= {{ add_days(last_day(), -29) }} then feature end
    ) as features_used_30_days,
    sum(case when occurred_on >= {{ add_days(last_day(), -29) }} then quantity else 0 end)
        as usage_quantity_30_days
from used
group by customer_id
