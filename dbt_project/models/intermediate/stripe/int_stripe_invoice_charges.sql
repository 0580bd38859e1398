-- Which invoice each charge was to pay, through the payment intent or by itself.
with by_intent as (
    select
        payment_intent_id,
        min(invoice_id) as invoice_id
    from {{ ref("stg_stripe__invoice_payments") }}
    where payment_intent_id is not null
    group by payment_intent_id
),

by_charge as (
    select
        charge_id,
        min(invoice_id) as invoice_id
    from {{ ref("stg_stripe__invoice_payments") }}
    where charge_id is not null
    group by charge_id
)

select
    charges.charge_id,
    coalesce(by_charge.invoice_id, by_intent.invoice_id) as invoice_id,
    charges.status,
    charges.created_at
from {{ ref("stg_stripe__charges") }} as charges
left join by_intent
    on charges.payment_intent_id = by_intent.payment_intent_id
left join by_charge
    on charges.charge_id = by_charge.charge_id
where by_charge.invoice_id is not null or by_intent.invoice_id is not null
