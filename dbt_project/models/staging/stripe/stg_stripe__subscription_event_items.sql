{% set price = [json_text("entry", "price.id"), json_text("entry", "price")] %}
{% set after, before = "data.object.items.data", "data.previous_attributes.items.data" %}

with source as (
    {{ current_stripe_rows("events") }}
),

entries as (
    select
        id as event_id,
        false as is_before,
        {{ json_entries("payload", after) }} as entry
    from source
    where object_kind = 'subscription'
    union all
    select
        id as event_id,
        true as is_before,
        {{ json_entries("payload", before) }} as entry
    from source
    where object_kind = 'subscription' and {{ json_has("payload", before) }}
    union all
    -- What an event does not name as changed was the same before it.
    select
        id as event_id,
        true as is_before,
        {{ json_entries("payload", after) }} as entry
    from source
    where object_kind = 'subscription' and not {{ json_has("payload", before) }}
)

select
    event_id,
    {{ json_text("entry", "id") }} as item_id,
    coalesce({{ price | join(", ") }}) as price_id,
    coalesce({{ json_integer("entry", "quantity") }}, 1) as quantity,
    is_before
from entries
