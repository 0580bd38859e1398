-- MRR at risk of each subscription item, between two days on which it changed, and the time at
-- risk it belongs to: the unbroken days on which its subscription had MRR past due.
with at_risk as (
    select
        customer_id,
        subscription_key,
        subscription_item_id,
        provider,
        subscription_id,
        currency,
        end_reason,
        from_on,
        to_on,
        past_due_mrr,
        max(to_on) over (
            partition by customer_id, subscription_key
            order by from_on, to_on, subscription_item_id
            rows between unbounded preceding and 1 preceding
        ) as reached_on
    from {{ ref("int_subscription_states") }}
    where past_due_mrr > 0
),

numbered as (
    select
        *,
        sum(case when from_on <= reached_on then 0 else 1 end) over (
            partition by customer_id, subscription_key
            order by from_on, to_on, subscription_item_id
            rows between unbounded preceding and current row
        ) as stretch
    from at_risk
)

select
    customer_id,
    subscription_key,
    subscription_item_id,
    provider,
    subscription_id,
    currency,
    end_reason,
    from_on,
    to_on,
    past_due_mrr,
    min(from_on) over (partition by customer_id, subscription_key, stretch) as fell_due_on,
    max(to_on) over (partition by customer_id, subscription_key, stretch) as left_on
from numbered
