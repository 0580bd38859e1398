-- One row for each tier of a price: up to how many units it reaches, and what they cost. The last
-- reaches as far as whole numbers do.
with source as (
    {{ current_stripe_rows("prices") }}
),

tiers as (
    select
        id,
        upper({{ json_text("payload", "currency") }}) as currency,
        {{ json_entries("payload", "tiers") }} as tier
    from source
)

select
    id as price_id,
    coalesce({{ json_integer("tier", "up_to") }}, 9223372036854775807) as up_to,
    coalesce(
        {{ stripe_amount(json_text("tier", "unit_amount_decimal"), "currency") }}, 0
    ) as unit_amount,
    coalesce(
        {{ stripe_amount(json_text("tier", "flat_amount_decimal"), "currency") }}, 0
    ) as flat_amount
from tiers
