-- How long tickets took, in seconds by the calendar and by the schedule. First reply and the
-- resolutions go by the one schedule that was in force when they ended, for the whole span. Waits
-- are sums over the statuses a ticket has left, each by the schedule in force when it left.
{% set ends = {
    "first_reply": "first_replied_at",
    "first_resolution": "first_solved_at",
    "full_resolution": "solved_at",
} %}
{% set waits = {
    "requester_wait": ["new", "open", "hold"],
    "agent_wait": ["pending"],
    "on_hold": ["hold"],
} %}

-- A provider without a schedule has no business time.
with default_schedules as (
    select
        provider,
        min(schedule_id) as schedule_id
    from {{ ref("int_schedule_versions") }}
    where is_default
    group by provider
),

left_statuses as (
    select
        ticket_number,
        provider,
        status,
        starts_at,
        ends_at
    from {{ ref("int_ticket_status_stretches") }}
    where status in ('new', 'open', 'hold', 'pending') and ends_at < {{ as_of() }}
),

calendar_waits as (
    select
        ticket_number,
        {% for wait, statuses in waits.items() %}
            sum(
                case
                    when status in ({{ sql_texts(statuses) }})
                        then {{ seconds_between("starts_at", "ends_at") }}
                    else 0
                end
            ) as {{ wait }}_seconds{% if not loop.last %},{% endif %}
        {% endfor %}
    from left_statuses
    where provider <> 'files'
    group by ticket_number
),

{{ open_seconds_of("waits", "left_statuses", ["ticket_number", "status"]) }},

business_waits as (
    select
        ticket_number,
        {% for wait, statuses in waits.items() %}
            sum(case when status in ({{ sql_texts(statuses) }}) then open_seconds else 0 end)
                as {{ wait }}_seconds{% if not loop.last %},{% endif %}
        {% endfor %}
    from waits
    group by ticket_number
),

{% for metric, moment in ends.items() %}
    {{ metric }}_spans as (
        select
            ticket_number,
            provider,
            created_at as starts_at,
            {{ moment }} as ends_at
        from {{ ref("int_tickets") }}
        where {{ moment }} is not null
    ),

    {{ open_seconds_of(metric, metric ~ "_spans", ["ticket_number"]) }},
{% endfor %}

joined as (
    select
        tickets.ticket_key,
        tickets.ticket_number,
        tickets.provider <> 'files' as has_statuses,
        default_schedules.provider is not null as has_schedule,
        {% for metric, moment in ends.items() %}
            {{ seconds_between("tickets.created_at", "tickets." ~ moment) }}
                as {{ metric }}_calendar_seconds,
            {{ metric }}.open_seconds as {{ metric }}_business_seconds,
        {% endfor %}
        {% for wait in waits %}
            coalesce(calendar_waits.{{ wait }}_seconds, 0) as {{ wait }}_calendar_seconds,
            coalesce(business_waits.{{ wait }}_seconds, 0) as {{ wait }}_business_seconds
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("int_tickets") }} as tickets
    {% for joined in (ends | list) + ["calendar_waits", "business_waits"] %}
        left join {{ joined }}
            on tickets.ticket_number = {{ joined }}.ticket_number
    {% endfor %}
    left join default_schedules
        on tickets.provider = default_schedules.provider
)

select
    ---------- ids
    ticket_key,
    ticket_number,

    ---------- numerics
    {% for metric in ends %}
        {{ metric }}_calendar_seconds,
        cast({{ metric }}_business_seconds as bigint) as {{ metric }}_business_seconds,
    {% endfor %}
    {% for wait in waits %}
        case when has_statuses then cast({{ wait }}_calendar_seconds as bigint) end
            as {{ wait }}_calendar_seconds,
        case when has_schedule then cast({{ wait }}_business_seconds as bigint) end
            as {{ wait }}_business_seconds{% if not loop.last %},{% endif %}
    {% endfor %}
from joined
