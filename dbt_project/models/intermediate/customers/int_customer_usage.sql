-- What each customer used in the last 30 days, and when they last used anything.
select
    customer_id,
    max(occurred_on) as last_used_on,
    count(
        distinct case when occurred_on >= {{ add_days(last_day(), -29) }} then feature end
    ) as features_used_30_days,
    sum(case when occurred_on >= {{ add_days(last_day(), -29) }} then quantity else 0 end)
        as usage_quantity_30_days
from {{ ref("stg_files__usage") }}
where occurred_on <= {{ last_day() }}
group by customer_id
