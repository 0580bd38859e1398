with source as (
    {{ current_stripe_rows("customers") }}
)

select
    ---------- ids
    'stripe_' || id as customer_id,
    {{ json_text("payload", "metadata.external_id") }} as external_id,

    ---------- strings
    {{ json_text("payload", "name") }} as name,
    email,
    coalesce(
        {{ json_text("payload", "business_name") }}, {{ json_text("payload", "metadata.company") }}
    ) as company,
    upper({{ json_text("payload", "address.country") }}) as country,
    {{ json_text("payload", "metadata.segment") }} as segment,
    {{ json_text("payload", "metadata.acquisition_channel") }} as acquisition_channel,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at
from source
where not is_deleted
