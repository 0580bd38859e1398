with source as (
    {{ current_stripe_rows("prices") }}
)

select
    ---------- ids
    id as price_id,
    product_id,

    ---------- strings
    upper({{ json_text("payload", "currency") }}) as currency,
    {{ json_text("payload", "recurring.interval") }} as billing_interval,
    {{ json_text("payload", "billing_scheme") }} as billing_scheme,
    {{ json_text("payload", "tiers_mode") }} as tiers_mode,

    ---------- numerics
    {{ json_integer("payload", "recurring.interval_count") }} as interval_count,
    {{ stripe_amount(
        json_text("payload", "unit_amount_decimal"), json_text("payload", "currency")
    ) }} as unit_amount,

    ---------- booleans
    coalesce({{ json_text("payload", "recurring.usage_type") }} = 'metered', false) as is_metered
from source
