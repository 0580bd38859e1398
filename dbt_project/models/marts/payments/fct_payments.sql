select
    payment_key,
    provider,
    payment_id,
    customer_id,
    subscription_id,
    kind,
    status,
    currency,
    failure_reason,
    amount,
    tax,
    fee,
    rate as exchange_rate,
    case when status = 'succeeded' then reporting_amount end as reporting_amount,
    '{{ var("currency") }}' as reporting_currency,
    is_recurring,
    occurred_on,
    occurred_at
from {{ ref("int_payments_valued") }}
order by occurred_at, payment_key
