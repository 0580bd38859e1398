with source as (
    {{ current_stripe_rows("invoice_payments") }}
)

select
    id as invoice_payment_id,
    invoice_id,
    payment_intent_id,
    charge_id
from source
