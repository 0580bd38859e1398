-- The change of each item in its own currency; a switch of plan, interval or currency within an
-- item is two legs, one out of the old and one into the new.
with changes as (
    select
        *,
        before_mrr > 0
        and after_mrr > 0
        and (
            before_currency <> after_currency
            or before_plan_id <> after_plan_id
            or before_billing_interval <> after_billing_interval
        ) as has_two_legs
    from {{ ref("int_mrr_item_changes") }}
    where before_mrr > 0 or after_mrr > 0
),

legs as (
    select
        customer_id,
        subscription_item_id,
        provider,
        subscription_id,
        item_id,
        changed_on,
        before_plan_id as plan_id,
        before_billing_interval as billing_interval,
        before_currency as currency,
        -before_mrr as native_delta,
        reason,
        has_two_legs
    from changes
    where has_two_legs or after_mrr = 0
    union all
    select
        customer_id,
        subscription_item_id,
        provider,
        subscription_id,
        item_id,
        changed_on,
        after_plan_id as plan_id,
        after_billing_interval as billing_interval,
        after_currency as currency,
        after_mrr as native_delta,
        reason,
        has_two_legs
    from changes
    where has_two_legs or before_mrr = 0
    union all
    select
        customer_id,
        subscription_item_id,
        provider,
        subscription_id,
        item_id,
        changed_on,
        after_plan_id as plan_id,
        after_billing_interval as billing_interval,
        after_currency as currency,
        after_mrr - before_mrr as native_delta,
        reason,
        has_two_legs
    from changes
    where not has_two_legs and before_mrr > 0 and after_mrr > 0
)

select
    customer_id,
    subscription_item_id,
    provider,
    subscription_id,
    item_id,
    changed_on,
    plan_id,
    billing_interval,
    currency,
    {{ amount("native_delta") }} as native_delta,
    reason,
    has_two_legs or reason = 'plan_switch' as is_switch
from legs
where native_delta <> 0
