with source as (
    {{ current_stripe_rows("charges") }}
)

select
    ---------- ids
    id as charge_id,
    'stripe_' || customer_id as customer_id,
    payment_intent_id,
    balance_transaction_id,

    ---------- strings
    {{ json_text("payload", "status") }} as status,
    upper({{ json_text("payload", "currency") }}) as currency,
    {{ json_text("payload", "failure_code") }} as failure_reason,

    ---------- numerics
    {{ json_integer("payload", "amount") }} as amount_minor,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at
from source
