with source as (
    {{ current_stripe_rows("invoice_items") }}
)

select
    ---------- ids
    id as invoice_item_id,
    invoice_id,
    {{ json_text("payload", "parent.subscription_details.subscription") }} as subscription_id,
    {{ json_text("payload", "parent.subscription_details.subscription_item") }} as item_id,
    {{ json_text("payload", "pricing.price_details.price") }} as price_id,

    ---------- numerics
    coalesce({{ json_integer("payload", "quantity") }}, 1) as quantity,

    ---------- booleans
    {{ json_flag("payload", "proration") }} as is_proration,
    {{ json_text("payload", "proration_details.credited_items.type") }} is not null as is_credit,

    ---------- timestamps
    {{ json_instant("payload", "period.start") }} as starts_at,
    {{ json_instant("payload", "period.end") }} as ends_at
from source
where not is_deleted
