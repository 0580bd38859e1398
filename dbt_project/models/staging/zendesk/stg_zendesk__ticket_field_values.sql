with source as (
    {{ current_zendesk_rows("tickets") }}
),

entries as (
    select
        id,
        {{ json_entries("payload", "custom_fields") }} as entry
    from source
    where not is_deleted
),

named as (
    select
        id,
        {{ json_text("entry", "id") }} as ticket_field_id,
        {{ joined_words(json_text("entry", "value")) }} as field_values
    from entries
)

select
    ---------- ids
    id as ticket_id,
    ticket_field_id,

    ---------- strings
    {{ each_part("field_values", ";") }} as field_value
from named
where field_values is not null
