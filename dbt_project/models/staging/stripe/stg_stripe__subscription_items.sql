with source as (
    {{ current_stripe_children("subscription_items", "subscriptions", "subscription_id") }}
)

select
    ---------- ids
    id as item_id,
    subscription_id,
    price_id,

    ---------- numerics
    coalesce({{ json_integer("payload", "quantity") }}, 1) as quantity,

    ---------- timestamps
    {{ json_instant("payload", "created") }} as created_at
from source
