-- What happened to tickets before as_of, in the words of no provider. A reply is a public comment
-- of an agent, but the one a ticket begins with; what bots, rules, automations and merges write is
-- none, and neither is what an agent writes on a ticket of their own. Files know of a ticket only
-- when it was created, first answered, first solved and solved.

{# What is solved at no known time was never seen open. #}
{% set first_status = (
    "case when solved_at is null and status in ('solved', 'closed') then status else 'open' end"
) %}

with agents as (
    select user_id
    from {{ ref("int_requesters") }}
    where is_agent
),

audited as (
    select
        events.*,
        tickets.ticket_number,
        tickets.requester_id,
        tickets.created_at as ticket_created_at,
        coalesce(events.author_id, events.updater_id) as actor_id,
        events.event_type in ('Comment', 'VoiceComment', 'FacebookComment') as is_comment
    from {{ ref("stg_zendesk__ticket_events") }} as events
    inner join {{ ref("int_ticket_keys") }} as tickets
        on events.ticket_id = tickets.ticket_id
    where
        events.occurred_at < {{ as_of() }}
        and tickets.provider = 'zendesk'
        and not tickets.is_deleted
),

acted as (
    select
        audited.*,
        case
            when audited.channel in ('rule', 'trigger', 'automation', 'system') then 'bot'
            when audited.relation in ('merge', 'trigger', 'automation') then 'bot'
            when audited.actor_id = audited.requester_id then 'requester'
            when audited.actor_id = '-1' then 'bot'
            when agents.user_id is not null then 'agent'
            else 'end_user'
        end as actor_kind
    from audited
    left join agents
        on audited.actor_id = agents.user_id
),

classified as (
    select
        *,
        case
            when is_comment and not is_public then 'note'
            when is_comment and actor_kind = 'agent' and occurred_at > ticket_created_at
                then 'reply'
            when is_comment and actor_kind = 'agent' and occurred_at < ticket_created_at
                then 'early_reply'
            when is_comment then 'comment'
            when event_type = 'ScheduleAssignment' then 'schedule_changed'
            when status is not null and event_type = 'Create' then 'created'
            when status <> coalesce(previous_value, '') then 'status_changed'
            when assignee_id <> coalesce(previous_value, '') then 'assignee_changed'
            when group_id <> coalesce(previous_value, '') then 'group_changed'
            when priority <> coalesce(previous_value, '') then 'priority_changed'
            when satisfaction_score <> coalesce(previous_value, '') then 'rated'
        end as kind
    from acted
),

file_tickets as (
    {{ file_tickets() }}
),

file_events as (
    {% for kind, moment, status, order in [
        ("created", "created_at", first_status, 0),
        ("reply", "first_replied_at", "cast(null as text)", 1),
        ("first_solved", "first_solved_at", "cast(null as text)", 2),
        ("status_changed", "solved_at", "'solved'", 3),
    ] %}
        select
            ticket_id,
            {% if kind == "reply" %}
                case when first_replied_at < created_at then 'early_reply' else 'reply' end as kind,
            {% else %}
                '{{ kind }}' as kind,
            {% endif %}
            {{ "'agent'" if kind == "reply" else "cast(null as text)" }} as actor_kind,
            {{ status }} as new_value,
            {{ "'open'" if kind == "status_changed" else "cast(null as text)" }} as previous_value,
            cast({{ order }} as bigint) as event_order,
            {{ moment }} as occurred_at
        from file_tickets
        where {{ moment }} < {{ as_of() }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    ---------- ids
    ticket_number,
    'zendesk' as provider,
    actor_id,

    ---------- strings
    kind,
    actor_kind,
    case
        when kind in ('created', 'status_changed') then status
        when kind = 'assignee_changed' then assignee_id
        when kind = 'group_changed' then group_id
        when kind = 'priority_changed' then priority
        when kind = 'schedule_changed' then new_schedule_id
        when kind = 'rated' then satisfaction_score
    end as new_value,
    case
        when kind = 'schedule_changed' then previous_schedule_id else previous_value
    end as previous_value,

    ---------- numerics
    cast(coalesce(child_event_id, ticket_event_id) as bigint) as event_order,

    ---------- timestamps
    occurred_at
from classified
where kind is not null
union all
select
    tickets.ticket_number,
    tickets.provider,
    cast(null as text) as actor_id,
    file_events.kind,
    file_events.actor_kind,
    file_events.new_value,
    file_events.previous_value,
    file_events.event_order,
    file_events.occurred_at
from file_events
inner join {{ ref("int_ticket_keys") }} as tickets
    on file_events.ticket_id = tickets.ticket_id
where tickets.provider = 'files'
