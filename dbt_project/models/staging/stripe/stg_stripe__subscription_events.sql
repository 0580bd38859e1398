-- An event's object is in the shape of the account's own version; what is read here is the same in
-- all of them. What an event does not name as changed was the same before it.
{% set after, before = "data.object", "data.previous_attributes" %}

with source as (
    {{ current_stripe_rows("events") }}
)

select
    ---------- ids
    id as event_id,
    object_id as subscription_id,

    ---------- strings
    {{ json_text("payload", after ~ ".status") }} as status,
    case
        when {{ json_has("payload", before ~ ".status") }}
            then {{ json_text("payload", before ~ ".status") }}
        else {{ json_text("payload", after ~ ".status") }}
    end as status_before,

    ---------- booleans
    {{ json_text("payload", after ~ ".pause_collection.behavior") }} is not null
        as is_collection_paused,
    case
        when {{ json_has("payload", before ~ ".pause_collection") }}
            then {{ json_text("payload", before ~ ".pause_collection.behavior") }} is not null
        else {{ json_text("payload", after ~ ".pause_collection.behavior") }} is not null
    end as is_collection_paused_before,
    -- Events hold no more than the first ten entries of a list.
    not {{ json_flag("payload", after ~ ".items.has_more") }} as has_all_items,

    ---------- timestamps
    {{ json_instant("payload", after ~ ".canceled_at") }} as cancel_requested_at,
    {{ json_instant("payload", after ~ ".cancel_at") }} as cancel_scheduled_for,
    {% for key, column in [
        ("canceled_at", "cancel_requested_before"), ("cancel_at", "cancel_scheduled_before"),
    ] %}
        case
            when {{ json_has("payload", before ~ "." ~ key) }}
                then {{ json_instant("payload", before ~ "." ~ key) }}
            else {{ json_instant("payload", after ~ "." ~ key) }}
        end as {{ column }},
    {% endfor %}
    {{ to_utc("created_at") }} as happened_at
from source
where object_kind = 'subscription'
