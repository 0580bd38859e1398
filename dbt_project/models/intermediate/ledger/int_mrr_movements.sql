-- The movements of customers: their legs of one day and type together. The reason of a movement
-- into or out of a pause is the pause's; else that of the item that changed most, ties broken by
-- this order. An item that switches its plan changes by the difference of its two legs.
{% set reasons = [
    "plan_switch", "quantity", "price", "discount", "trial_converted", "resumed", "recovered",
    "started", "paused", "involuntary", "voluntary", "rounding",
] %}

with sized as (
    select
        *,
        abs(
            sum(mrr_delta) over (partition by movement_id, subscription_item_id, currency)
        ) as item_size
    from {{ ref("int_mrr_legs") }}
    where movement_id is not null
),

legs as (
    select
        *,
        row_number() over (
            partition by movement_id
            order by
                item_size desc,
                case reason
                    {% for reason in reasons %}
                        when '{{ reason }}' then {{ loop.index }}
                    {% endfor %}
                    else {{ reasons | length + 1 }}
                end,
                subscription_item_id
        ) as size_rank
    from sized
),

movements as (
    select
        movement_id,
        customer_id,
        changed_on,
        movement_type,
        coalesce(max(customer_reason), max(case when size_rank = 1 then reason end)) as reason,
        sum(mrr_delta) as mrr_delta,
        sum(native_delta) as native_delta,
        min(currency) as first_currency,
        max(currency) as last_currency
    from legs
    group by movement_id, customer_id, changed_on, movement_type
)

select
    movement_id,
    customer_id,
    changed_on,
    movement_type,
    reason,
    {{ amount("mrr_delta") }} as mrr_delta,
    case when first_currency = last_currency then first_currency end as native_currency,
    case when first_currency = last_currency then {{ amount("native_delta") }} end
        as native_delta
from movements
where mrr_delta <> 0 or movement_type <> 'fx'
