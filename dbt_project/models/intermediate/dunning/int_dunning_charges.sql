-- Charges that failed, and the first that succeeded after one that failed: of the same customer,
-- subscription (where the charge names one) and currency.
with charges as (
    select
        payment_key,
        customer_id,
        metric_month,
        status,
        reporting_amount,
        lag(status) over (
            partition by customer_id, subscription_id, currency
            order by
                occurred_at, case when status = 'failed' then 0 else 1 end, amount, payment_key
        ) as status_before
    from {{ ref("int_payments_valued") }}
    where kind = 'charge'
)

select
    payment_key,
    customer_id,
    metric_month,
    status,
    reporting_amount
from charges
where
    status = 'failed'
    or (status = 'succeeded' and status_before = 'failed')
