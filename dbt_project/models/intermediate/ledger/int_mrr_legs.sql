-- The ledger at its finest grain: each item's part in each movement, native and in the reporting
-- currency. Legs that cancel each other out belong to no movement and have no type.
with valued as (
    select
        customer_id,
        currency,
        changed_on,
        subscription_item_id,
        provider,
        subscription_id,
        item_id,
        plan_id,
        billing_interval,
        native_delta,
        native_delta as mrr_delta,
        reason,
        is_switch
    from {{ ref("int_mrr_native_legs") }}
    where currency = '{{ var("currency") }}'
    union all
    select
        foreign_legs.customer_id,
        foreign_legs.currency,
        foreign_legs.changed_on,
        foreign_legs.subscription_item_id,
        foreign_legs.provider,
        foreign_legs.subscription_id,
        foreign_legs.item_id,
        foreign_legs.plan_id,
        foreign_legs.billing_interval,
        foreign_legs.native_delta,
        foreign_legs.mrr_delta,
        coalesce(native_legs.reason, 'rounding') as reason,
        coalesce(native_legs.is_switch, false) as is_switch
    from {{ ref("int_mrr_foreign_legs") }} as foreign_legs
    left join {{ ref("int_mrr_native_legs") }} as native_legs
        on
            foreign_legs.customer_id = native_legs.customer_id
            and foreign_legs.currency = native_legs.currency
            and foreign_legs.changed_on = native_legs.changed_on
            and foreign_legs.subscription_item_id = native_legs.subscription_item_id
            and foreign_legs.plan_id = native_legs.plan_id
            and foreign_legs.billing_interval = native_legs.billing_interval
    where foreign_legs.native_delta <> 0 or foreign_legs.mrr_delta <> 0
),

totalled as (
    select
        *,
        sum(mrr_delta) over (partition by customer_id, changed_on) as customer_delta
    from valued
),

typed as (
    select
        totalled.customer_id,
        totalled.currency,
        totalled.changed_on,
        totalled.subscription_item_id,
        totalled.provider,
        totalled.subscription_id,
        totalled.item_id,
        totalled.plan_id,
        totalled.billing_interval,
        totalled.native_delta,
        totalled.mrr_delta,
        totalled.reason,
        totalled.is_switch,
        days.change_kind,
        days.customer_reason,
        case
            when days.change_kind in ('new', 'reactivation', 'churn') then days.change_kind
            when days.change_kind = 'resumed' then 'expansion'
            when days.change_kind = 'paused' then 'contraction'
            when totalled.customer_delta > 0 then 'expansion'
            when totalled.customer_delta < 0 then 'contraction'
        end as movement_type
    from totalled
    inner join {{ ref("int_mrr_customer_days") }} as days
        on
            totalled.customer_id = days.customer_id
            and totalled.changed_on = days.changed_on
),

revalued as (
    select
        customer_id,
        currency,
        changed_on,
        subscription_item_id,
        provider,
        subscription_id,
        item_id,
        plan_id,
        billing_interval,
        {{ amount(0) }} as native_delta,
        fx_delta as mrr_delta,
        'fx' as reason,
        false as is_switch,
        'revaluation' as change_kind,
        cast(null as text) as customer_reason,
        'fx' as movement_type
    from {{ ref("int_mrr_foreign_legs") }}
    where fx_delta <> 0
),

-- A pause that ends without MRR, or outlasts its limit, is a churn of 0.
left_while_paused as (
    select
        changes.customer_id,
        changes.before_currency as currency,
        changes.changed_on,
        changes.subscription_item_id,
        changes.provider,
        changes.subscription_id,
        changes.item_id,
        changes.before_plan_id as plan_id,
        changes.before_billing_interval as billing_interval,
        {{ amount(0) }} as native_delta,
        {{ amount(0) }} as mrr_delta,
        changes.reason,
        false as is_switch,
        days.change_kind,
        cast(null as text) as customer_reason,
        'churn' as movement_type
    from {{ ref("int_mrr_item_changes") }} as changes
    inner join {{ ref("int_mrr_customer_days") }} as days
        on
            changes.customer_id = days.customer_id
            and changes.changed_on = days.changed_on
    where
        days.change_kind = 'churn_while_paused'
        and changes.before_paused > changes.after_paused
),

legs as (
    select * from typed
    union all
    select * from revalued
    union all
    select * from left_while_paused
)

select
    legs.customer_id || '|' || cast(legs.changed_on as text) || '|' || legs.movement_type
        as movement_id,
    legs.customer_id,
    legs.changed_on,
    legs.movement_type,
    legs.change_kind,
    legs.subscription_item_id,
    legs.provider,
    legs.subscription_id,
    legs.item_id,
    legs.plan_id,
    legs.billing_interval,
    legs.currency,
    legs.native_delta,
    legs.mrr_delta,
    legs.reason,
    legs.customer_reason,
    legs.is_switch,
    coalesce(later.basis, earlier.basis, 'state') as basis
from legs
left join {{ ref("int_subscription_periods") }} as later
    on
        legs.subscription_item_id = later.subscription_item_id
        and legs.changed_on >= later.started_on
        and legs.changed_on < later.ended_on
left join {{ ref("int_subscription_periods") }} as earlier
    on
        legs.subscription_item_id = earlier.subscription_item_id
        and legs.changed_on = earlier.ended_on
