select
    movement_id,
    customer_id,
    movement_type,
    reason,
    '{{ var("currency") }}' as currency,
    mrr_delta,
    native_currency,
    native_delta as native_mrr_delta,
    changed_on as occurred_on
from {{ ref("int_mrr_movements") }}
order by customer_id, changed_on, movement_type
