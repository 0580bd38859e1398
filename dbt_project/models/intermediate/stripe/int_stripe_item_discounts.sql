-- The discount that each item's service periods carried, over all time: none where nothing says so.
with carried as (
    select
        item_id,
        discount_percent,
        discount_amount,
        discount_duration,
        starts_at,
        ends_at
    from {{ ref("int_stripe_billed_states") }}
    where discount_percent > 0 or discount_amount > 0
),

items as (
    select distinct item_id
    from {{ ref("int_stripe_snapshot_items") }}
),

edges as (
    select
        item_id,
        timestamp '1900-01-01 00:00:00' as starts_at
    from items
    union all
    select
        item_id,
        ends_at as starts_at
    from carried
),

gaps as (
    select
        edges.item_id,
        edges.starts_at,
        coalesce(min(carried.starts_at), timestamp '9999-12-31 00:00:00') as ends_at
    from edges
    left join carried
        on
            edges.item_id = carried.item_id
            and edges.starts_at <= carried.starts_at
    group by edges.item_id, edges.starts_at
)

select
    item_id,
    discount_percent,
    discount_amount,
    discount_duration,
    starts_at,
    ends_at
from carried
union all
select
    item_id,
    {{ amount(0) }} as discount_percent,
    {{ amount(0) }} as discount_amount,
    'forever' as discount_duration,
    starts_at,
    ends_at
from gaps
where starts_at < ends_at
