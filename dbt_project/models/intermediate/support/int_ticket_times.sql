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

with stretches as (
    select
        ticket_key,
        provider,
        status,
        starts_at,
        ends_at
    from {{ ref("int_ticket_status_stretches") }}
    where
        provider <> 'files'
        and status in ('new', 'open', 'hold', 'pending')
        and ends_at < {{ as_of() }}
),

{% for metric, moment in ends.items() %}
    {{ metric }}_spans as (
        select
            ticket_key,
            provider,
            created_at as starts_at,
            {{ moment }} as ends_at
        from {{ ref("int_tickets") }}
        where {{ moment }} is not null
    ),

    {{ open_seconds_of(metric, metric ~ "_spans", ["ticket_key"]) }},
{% endfor %}

{{ open_seconds_of("stretch", "stretches", ["ticket_key", "status"]) }},

calendar_waits as (
    select
        ticket_key,
        {% for wait, statuses in waits.items() %}
            sum(
                case
                    when status in ({{ sql_texts(statuses) }})
                        then {{ seconds_between("starts_at", "ends_at") }}
                    else 0
                end
            ) as {{ wait }}_seconds{{ "," if not loop.last }}
        {% endfor %}
    from stretches
    group by ticket_key
),

business_waits as (
    select
        ticket_key,
        {% for wait, statuses in waits.items() %}
            sum(case when status in ({{ sql_texts(statuses) }}) then open_seconds else 0 end)
                as {{ wait }}_seconds{{ "," if not loop.last }}
        {% endfor %}
    from stretch
    group by ticket_key
)

select
    ---------- ids
    tickets.ticket_key,

    ---------- numerics
    {% for metric, moment in ends.items() %}
        {{ seconds_between("tickets.created_at", "tickets." ~ moment) }}
            as {{ metric }}_calendar_seconds,
        cast({{ metric }}.open_seconds as bigint) as {{ metric }}_business_seconds,
    {% endfor %}
    {% for wait in waits %}
        case
            when tickets.provider <> 'files'
                then cast(coalesce(calendar_waits.{{ wait }}_seconds, 0) as bigint)
        end as {{ wait }}_calendar_seconds,
        case
            when stretch_defaults.provider is not null
                then cast(coalesce(business_waits.{{ wait }}_seconds, 0) as bigint)
        end as {{ wait }}_business_seconds{{ "," if not loop.last }}
    {% endfor %}
from {{ ref("int_tickets") }} as tickets
{% for metric in ends %}
    left join {{ metric }}
        on tickets.ticket_key = {{ metric }}.ticket_key
{% endfor %}
left join calendar_waits
    on tickets.ticket_key = calendar_waits.ticket_key
left join business_waits
    on tickets.ticket_key = business_waits.ticket_key
left join stretch_defaults
    on tickets.provider = stretch_defaults.provider
