-- What the invoices say nothing of until it is over, or nothing at all: metered items, and items
-- that no invoice has billed yet. They stand from when they were made.
with billed as (
    select
        item_id,
        max(case when is_metered then 1 else 0 end) as is_metered,
        min(subscription_id) as subscription_id,
        max(price_id) as price_id,
        min(starts_at) as starts_at,
        max(ends_at) as ends_at
    from {{ ref("int_stripe_service_periods") }}
    group by item_id
),

prorated as (
    select distinct item_id
    from {{ ref("stg_stripe__invoice_items") }}
    where is_proration and item_id is not null
)

select
    items.item_id as state_id,
    items.subscription_id,
    items.item_id,
    items.price_id,
    items.quantity,
    items.created_at as starts_at,
    timestamp '9999-12-31 00:00:00' as ends_at
from {{ ref("stg_stripe__subscription_items") }} as items
inner join {{ ref("stg_stripe__subscriptions") }} as subscriptions
    on items.subscription_id = subscriptions.subscription_id
inner join {{ ref("stg_stripe__prices") }} as prices
    on items.price_id = prices.price_id
left join billed
    on items.item_id = billed.item_id
left join prorated
    on items.item_id = prorated.item_id
where
    subscriptions.status not in ('incomplete', 'incomplete_expired')
    and prices.billing_interval is not null
    and (prices.is_metered or (billed.item_id is null and prorated.item_id is null))
union all
select
    billed.item_id as state_id,
    billed.subscription_id,
    billed.item_id,
    billed.price_id,
    1 as quantity,
    billed.starts_at,
    billed.ends_at
from billed
left join {{ ref("stg_stripe__subscription_items") }} as items
    on billed.item_id = items.item_id
where billed.is_metered = 1 and items.item_id is null
