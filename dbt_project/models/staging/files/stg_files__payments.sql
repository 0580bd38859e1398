with source as (
    {{ current_file_rows("payments") }}
)

select
    ---------- ids
    payment_id,
    customer_id,
    subscription_id,

    ---------- strings
    coalesce(kind, 'charge') as kind,
    coalesce(status, 'succeeded') as status,
    currency,
    failure_reason,

    ---------- numerics
    {{ amount("amount") }} as amount,
    {{ amount("coalesce(tax, 0)") }} as tax,
    {{ amount("coalesce(fee, 0)") }} as fee,

    ---------- booleans
    coalesce(is_recurring, true) as is_recurring,

    ---------- timestamps
    {{ to_utc("occurred_at") }} as occurred_at
from source
