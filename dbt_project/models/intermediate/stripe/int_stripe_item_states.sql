-- What each item of a subscription was, from whatever tells it best: its events while they were
-- read, else its invoices, else what the warehouse sees now. Discounts are those that were billed.
with untold as (
    select
        subscription_id,
        item_id,
        price_id,
        quantity,
        discount_percent,
        discount_amount,
        discount_duration,
        'invoice' as basis,
        starts_at,
        ends_at
    from {{ ref("int_stripe_billed_states") }}
    union all
    select
        subscription_id,
        item_id,
        price_id,
        quantity,
        0 as discount_percent,
        0 as discount_amount,
        'forever' as discount_duration,
        'state' as basis,
        starts_at,
        ends_at
    from {{ ref("int_stripe_unbilled_states") }}
)

select
    untold.subscription_id,
    untold.item_id,
    untold.price_id,
    untold.quantity,
    {{ amount("untold.discount_percent") }} as discount_percent,
    {{ amount("untold.discount_amount") }} as discount_amount,
    untold.discount_duration,
    untold.basis,
    greatest(untold.starts_at, stretches.starts_at) as starts_at,
    least(untold.ends_at, stretches.ends_at) as ends_at
from untold
inner join {{ ref("int_stripe_invoice_stretches") }} as stretches
    on
        untold.subscription_id = stretches.subscription_id
        and untold.starts_at < stretches.ends_at
        and untold.ends_at > stretches.starts_at
union all
select
    snapshots.subscription_id,
    items.item_id,
    items.price_id,
    items.quantity,
    discounts.discount_percent,
    discounts.discount_amount,
    discounts.discount_duration,
    snapshots.basis,
    greatest(snapshots.starts_at, discounts.starts_at) as starts_at,
    least(snapshots.ends_at, discounts.ends_at) as ends_at
from {{ ref("int_stripe_subscription_snapshots") }} as snapshots
inner join {{ ref("int_stripe_snapshot_items") }} as items
    on snapshots.snapshot_id = items.snapshot_id
inner join {{ ref("int_stripe_item_discounts") }} as discounts
    on
        items.item_id = discounts.item_id
        and snapshots.starts_at < discounts.ends_at
        and snapshots.ends_at > discounts.starts_at
