with source as (
    {{ current_stripe_rows("balance_transactions") }}
)

select
    ---------- ids
    id as balance_transaction_id,
    source_id,

    ---------- strings
    kind,
    upper({{ json_text("payload", "currency") }}) as currency,

    ---------- numerics
    {{ json_integer("payload", "amount") }} as amount_minor,
    {{ json_integer("payload", "fee") }} as fee_minor,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at
from source
