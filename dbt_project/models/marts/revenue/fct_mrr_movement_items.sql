select
    coalesce(movement_id, customer_id || '|' || cast(changed_on as text) || '|none')
    || '|' || subscription_item_id || '|' || plan_id || '|' || billing_interval || '|' || currency
        as movement_item_id,
    movement_id,
    customer_id,
    subscription_item_id,
    provider,
    subscription_id,
    item_id,
    plan_id,
    billing_interval,
    currency as native_currency,
    movement_type,
    reason,
    basis,
    native_delta as native_mrr_delta,
    mrr_delta,
    changed_on as occurred_on
from {{ ref("int_mrr_legs") }}
order by customer_id, changed_on, movement_item_id
