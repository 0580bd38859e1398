{% set item = "parent.subscription_item_details" %}

with source as (
    {{ current_stripe_children("invoice_lines", "invoices", "invoice_id") }}
)

select
    ---------- ids
    id as line_id,
    invoice_id,
    {{ json_text("payload", item ~ ".subscription") }} as subscription_id,
    {{ json_text("payload", item ~ ".subscription_item") }} as item_id,
    {{ json_text("payload", "pricing.price_details.price") }} as price_id,

    ---------- numerics
    {{ json_integer("payload", "amount") }} as amount_minor,
    coalesce({{ json_integer("payload", "quantity") }}, 1) as quantity,

    ---------- booleans
    {{ json_flag("payload", item ~ ".proration") }} as is_proration,

    ---------- timestamps
    {{ json_instant("payload", "period.start") }} as starts_at,
    {{ json_instant("payload", "period.end") }} as ends_at
from source
