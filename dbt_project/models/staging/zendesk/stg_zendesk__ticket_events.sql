{% set audit_paths = ["via.channel", "via"] %}
{% set paths = [
    "id", "event_type", "via.channel", "via", "status", "assignee_id", "group_id", "priority",
    "satisfaction_score", "new_schedule_id", "previous_schedule_id", "previous_value", "public",
    "author_id", "via.source.rel",
] %}

with source as (
    {{ current_zendesk_rows("ticket_events") }}
),

children as (
    select
        id,
        ticket_id,
        updater_id,
        happened_at,
        created_at,
        {{ json_texts("payload", audit_paths) }} as audit_texts,
        {{ json_entries("payload", "child_events") }} as child_event
    from source
),

opened as (
    select
        id,
        ticket_id,
        updater_id,
        happened_at,
        created_at,
        audit_texts,
        {{ json_texts("child_event", paths) }} as texts
    from children
)

select
    ---------- ids
    id as ticket_event_id,
    {{ text_at("texts", paths, "id") }} as child_event_id,
    ticket_id,
    updater_id,
    {{ text_at("texts", paths, "author_id") }} as author_id,

    ---------- strings
    {{ text_at("texts", paths, "event_type") }} as event_type,
    lower(
        coalesce(
            {{ text_at("texts", paths, "via.channel") }},
            {{ text_at("texts", paths, "via") }},
            {{ text_at("audit_texts", audit_paths, "via.channel") }},
            {{ text_at("audit_texts", audit_paths, "via") }}
        )
    ) as channel,
    {% for path in paths[4:12] %}
        {{ text_at("texts", paths, path) }} as {{ path }},
    {% endfor %}
    {{ text_at("texts", paths, "via.source.rel") }} as relation,

    ---------- booleans
    coalesce({{ text_at("texts", paths, "public") }} = 'true', false) as is_public,

    ---------- timestamps
    {{ to_utc("coalesce(happened_at, created_at)") }} as occurred_at
from opened
