{% set paths = [
    "instance_id", "sla.target", "sla.target_in_seconds", "sla.business_hours", "sla.policy.id",
    "sla.policy.title",
] %}

with source as (
    {{ current_zendesk_rows("ticket_metric_events") }}
),

opened as (
    select
        *,
        {{ json_texts("payload", paths) }} as texts
    from source
    where not is_deleted
)

select
    ---------- ids
    id as metric_event_id,
    ticket_id,
    cast({{ text_at("texts", paths, "instance_id") }} as integer) as instance_id,
    {{ text_at("texts", paths, "sla.policy.id") }} as policy_id,

    ---------- strings
    metric,
    kind,
    {{ text_at("texts", paths, "sla.policy.title") }} as policy,

    ---------- numerics
    coalesce(
        cast({{ text_at("texts", paths, "sla.target_in_seconds") }} as bigint),
        cast({{ text_at("texts", paths, "sla.target") }} as bigint) * 60
    ) as target_seconds,

    ---------- booleans
    coalesce({{ text_at("texts", paths, "sla.business_hours") }} = 'true', false)
        as is_in_business_hours,

    ---------- timestamps
    {{ to_utc("happened_at") }} as occurred_at
from opened
