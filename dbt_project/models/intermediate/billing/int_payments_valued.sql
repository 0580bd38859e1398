-- Payment events in the reporting currency, each at the rate of its own day. A failed charge moved
-- no money, so it needs no rate.
select
    payments.payment_key,
    payments.provider,
    payments.payment_id,
    payments.customer_id,
    payments.subscription_id,
    payments.kind,
    payments.status,
    payments.currency,
    payments.failure_reason,
    payments.amount,
    payments.tax,
    payments.fee,
    payments.is_recurring,
    payments.occurred_on,
    payments.occurred_at,
    {{ month_of("payments.occurred_on") }} as metric_month,
    rates.rate,
    {{ amount("payments.amount * rates.rate") }} as reporting_amount,
    {{ amount("payments.tax * rates.rate") }} as reporting_tax,
    {{ amount("payments.fee * rates.rate") }} as reporting_fee
from {{ ref("int_payments") }} as payments
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        payments.currency = rates.currency
        and payments.occurred_on = rates.rate_day
