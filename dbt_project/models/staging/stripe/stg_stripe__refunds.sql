with source as (
    {{ current_stripe_rows("refunds") }}
)

select
    ---------- ids
    id as refund_id,
    charge_id,
    balance_transaction_id,

    ---------- strings
    {{ json_text("payload", "status") }} as status,
    upper({{ json_text("payload", "currency") }}) as currency,

    ---------- numerics
    {{ json_integer("payload", "amount") }} as amount_minor,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at
from source
