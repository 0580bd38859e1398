{% set paths = [
    "submitter_id", "assignee_id", "group_id", "priority", "via.channel", "type", "subject", "tags",
] %}

with source as (
    {{ current_zendesk_rows("tickets") }}
),

opened as (
    select
        *,
        {{ json_texts("payload", paths) }} as texts
    from source
),

named as (
    select
        *,
        {{ joined_words(text_at("texts", paths, "tags")) }} as tags
    from opened
)

select
    ---------- ids
    id as ticket_id,
    requester_id,
    organization_id,
    {{ text_at("texts", paths, "submitter_id") }} as submitter_id,
    {{ text_at("texts", paths, "assignee_id") }} as assignee_id,
    {{ text_at("texts", paths, "group_id") }} as group_id,

    ---------- strings
    status,
    {{ text_at("texts", paths, "priority") }} as priority,
    {{ text_at("texts", paths, "via.channel") }} as channel,
    {{ text_at("texts", paths, "type") }} as ticket_type,
    {{ text_at("texts", paths, "subject") }} as subject,
    tags,

    ---------- booleans
    is_deleted,
    coalesce(';' || tags || ';' like '%;closed_by_merge;%', false) as is_merged,
    coalesce(';' || tags || ';' like '%;spam;%', false) as is_spam,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at
from named
