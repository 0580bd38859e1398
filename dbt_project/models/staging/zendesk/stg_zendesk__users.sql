{% set paths = ["name", "active"] %}

with source as (
    {{ current_zendesk_rows("users") }}
),

opened as (
    select
        *,
        {{ json_texts("payload", paths) }} as texts
    from source
)

select
    ---------- ids
    id as user_id,
    external_id,
    organization_id,

    ---------- strings
    {{ text_at("texts", paths, "name") }} as name,
    nullif(lower(trim(email)), '') as email,
    role,

    ---------- booleans
    not is_deleted and coalesce({{ text_at("texts", paths, "active") }}, 'true') = 'true'
        as is_active,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at
from opened
