with source as (
    {{ current_zendesk_rows("organizations") }}
)

select
    ---------- ids
    id as organization_id,
    external_id,

    ---------- strings
    {{ json_text("payload", "name") }} as name,

    ---------- booleans
    is_deleted,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at
from source
