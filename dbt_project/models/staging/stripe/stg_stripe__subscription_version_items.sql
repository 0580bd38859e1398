select
    subscription_id,
    _dlt_load_id as load_id,
    id as item_id,
    price_id,
    coalesce({{ json_integer("payload", "quantity") }}, 1) as quantity,
    {{ json_instant("payload", "created") }} as created_at
from {{ source("raw_stripe", "subscription_items") }}
