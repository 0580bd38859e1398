with source as (
    {{ current_stripe_rows("products") }}
)

select
    id as product_id,
    {{ json_text("payload", "name") }} as name
from source
