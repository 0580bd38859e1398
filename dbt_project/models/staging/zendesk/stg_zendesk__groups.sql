with source as (
    {{ current_zendesk_rows("groups") }}
)

select
    ---------- ids
    id as group_id,

    ---------- strings
    {{ json_text("payload", "name") }} as name,

    ---------- booleans
    is_deleted
from source
