with source as (
    {{ current_stripe_rows("disputes") }}
)

select
    id as dispute_id,
    charge_id,
    {{ to_utc("created_at") }} as created_at
from source
