-- What each quantity that was ever billed at a tiered price costs for one interval. Graduated tiers
-- add up; of volume tiers the one that the quantity reaches prices all of it.
with quantities as (
    select
        price_id,
        quantity
    from {{ ref("stg_stripe__invoice_lines") }}
    union
    select
        price_id,
        quantity
    from {{ ref("stg_stripe__invoice_items") }}
    union
    select
        price_id,
        quantity
    from {{ ref("stg_stripe__subscription_items") }}
    union
    select
        price_id,
        quantity
    from {{ ref("int_stripe_snapshot_items") }}
),

tiers as (
    select
        price_id,
        up_to,
        unit_amount,
        flat_amount,
        coalesce(
            lag(up_to) over (partition by price_id order by up_to),
            0
        ) as above
    from {{ ref("stg_stripe__price_tiers") }}
)

select
    quantities.price_id,
    quantities.quantity,
    {{ amount(
        "sum(case when prices.tiers_mode = 'graduated'"
        ~ " then (least(quantities.quantity, tiers.up_to)"
        ~ " - tiers.above) * tiers.unit_amount + tiers.flat_amount"
        ~ " when quantities.quantity <= tiers.up_to"
        ~ " then quantities.quantity * tiers.unit_amount + tiers.flat_amount"
        ~ " else 0 end)"
    ) }} as amount
from quantities
inner join {{ ref("stg_stripe__prices") }} as prices
    on quantities.price_id = prices.price_id
inner join tiers
    on
        quantities.price_id = tiers.price_id
        and quantities.quantity > tiers.above
where prices.billing_scheme = 'tiered'
group by quantities.price_id, quantities.quantity
