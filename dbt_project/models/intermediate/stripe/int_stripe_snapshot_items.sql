-- The items of each snapshot: those the event shows. Where it does not show all of them, the others
-- are those that the warehouse saw next.
with shown as (
    select
        snapshots.snapshot_id,
        items.item_id,
        items.price_id,
        items.quantity
    from {{ ref("int_stripe_subscription_snapshots") }} as snapshots
    inner join {{ ref("stg_stripe__subscription_event_items") }} as items
        on
            snapshots.change_id = items.event_id
            and snapshots.is_before = items.is_before
),

seen_next as (
    select
        snapshots.snapshot_id,
        versions.load_id,
        row_number() over (
            partition by snapshots.snapshot_id order by versions.observed_at, versions.load_id
        ) as place
    from {{ ref("int_stripe_subscription_snapshots") }} as snapshots
    inner join {{ ref("stg_stripe__subscription_versions") }} as versions
        on
            snapshots.subscription_id = versions.subscription_id
            and snapshots.starts_at <= versions.observed_at
    where not snapshots.has_all_items
),

seen as (
    select
        snapshot_id,
        load_id
    from {{ ref("int_stripe_subscription_snapshots") }}
    where load_id is not null
    union all
    select
        snapshot_id,
        load_id
    from seen_next
    where place = 1
)

select
    snapshot_id,
    item_id,
    price_id,
    quantity
from shown
union all
select
    snapshots.snapshot_id,
    items.item_id,
    items.price_id,
    items.quantity
from seen
inner join {{ ref("int_stripe_subscription_snapshots") }} as snapshots
    on seen.snapshot_id = snapshots.snapshot_id
inner join {{ ref("stg_stripe__subscription_version_items") }} as items
    on
        snapshots.subscription_id = items.subscription_id
        and seen.load_id = items.load_id
left join shown
    on
        snapshots.snapshot_id = shown.snapshot_id
        and items.item_id = shown.item_id
where
    shown.item_id is null
    and (snapshots.load_id is not null or items.created_at <= snapshots.starts_at)
