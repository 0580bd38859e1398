with items as (
    select
        movement_id,
        customer_id,
        occurred_on,
        sum(mrr_delta) as mrr_delta
    from {{ ref("fct_mrr_movement_items") }}
    group by movement_id, customer_id, occurred_on
)

select
    items.customer_id,
    items.occurred_on,
    items.movement_id,
    items.mrr_delta as by_items,
    movements.mrr_delta as by_movement
from items
left join {{ ref("fct_mrr_movements") }} as movements
    on items.movement_id = movements.movement_id
where items.mrr_delta <> coalesce(movements.mrr_delta, 0)
