{% set paths = ["title", "type"] %}

with source as (
    {{ current_zendesk_rows("ticket_fields") }}
),

opened as (
    select
        *,
        {{ json_texts("payload", paths) }} as texts
    from source
)

select
    ---------- ids
    id as ticket_field_id,

    ---------- strings
    {{ text_at("texts", paths, "title") }} as title,
    {{ text_at("texts", paths, "type") }} as field_type,

    ---------- booleans
    is_deleted
from opened
