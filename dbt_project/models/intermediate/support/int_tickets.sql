-- The canonical tickets of every helpdesk, as known at as_of. Whose they are is decided in
-- int_ticket_customers.
{% set file_moments = ["first_replied_at", "first_solved_at", "solved_at"] %}

with answers as (
    select
        ticket_number,
        count(*) as replies,
        min(occurred_at) as first_replied_at,
        max(occurred_at) as last_replied_at
    from {{ ref("int_ticket_events") }}
    where kind = 'reply'
    group by ticket_number
),

-- A group and an assignee that change at once are one handoff; the first of each is none.
handoffs as (
    select
        ticket_number,
        count(distinct occurred_at) as handoffs
    from {{ ref("int_ticket_events") }}
    where
        kind in ('assignee_changed', 'group_changed')
        and new_value is not null
        and previous_value is not null
    group by ticket_number
),

outcomes as (
    select
        ticket_number,
        max(case when ends_at = timestamp '9999-12-31 00:00:00' then status end) as status,
        max(case when ends_at = timestamp '9999-12-31 00:00:00' and is_solved then 1 else 0 end)
        = 1 as is_solved,
        coalesce(
            min(case when status = 'solved' then starts_at end),
            min(case when status = 'closed' then starts_at end)
        ) as first_solved_at,
        coalesce(
            max(case when status = 'solved' then starts_at end),
            max(case when status = 'closed' then starts_at end)
        ) as solved_at,
        sum(case when previous_status in ('solved', 'closed') and is_unsolved then 1 else 0 end)
            as reopens
    from {{ ref("int_ticket_status_stretches") }}
    group by ticket_number
),

file_tickets as (
    {{ file_tickets() }}
),

tickets as (
    select
        'files' as provider,
        ticket_id,
        cast(null as text) as requester_id,
        cast(null as text) as requester_external_id,
        cast(null as text) as requester_organization_id,
        customer_id as given_customer_id,
        requester_email,
        organization,
        -- What is solved after as_of is open still.
        case when solved_at >= {{ as_of() }} then 'open' else status end as status,
        priority,
        channel,
        ticket_type,
        subject,
        tags,
        coalesce(status, '') not in ('spam', 'deleted', 'merged') as is_counted,
        cast(null as boolean) as is_agent_created,
        replies,
        reopens,
        created_at,
        {% for moment in file_moments %}
            case
                when {{ moment }} >= created_at and {{ moment }} < {{ as_of() }} then {{ moment }}
            end as {{ moment }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from file_tickets
    where created_at < {{ as_of() }}
    union all
    select
        'zendesk' as provider,
        tickets.ticket_id,
        tickets.requester_id,
        requesters.external_id as requester_external_id,
        coalesce(tickets.organization_id, requesters.organization_id) as requester_organization_id,
        cast(null as text) as given_customer_id,
        requesters.email as requester_email,
        organizations.name as organization,
        tickets.status,
        tickets.priority,
        tickets.channel,
        tickets.ticket_type,
        tickets.subject,
        tickets.tags,
        not tickets.is_deleted and not tickets.is_merged and not tickets.is_spam as is_counted,
        tickets.submitter_id <> tickets.requester_id and submitters.is_agent as is_agent_created,
        cast(null as integer) as replies,
        cast(null as integer) as reopens,
        tickets.created_at,
        {% for moment in file_moments %}
            cast(null as timestamp) as {{ moment }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("stg_zendesk__tickets") }} as tickets
    left join {{ ref("int_requesters") }} as requesters
        on tickets.requester_id = requesters.user_id
    left join {{ ref("int_requesters") }} as submitters
        on tickets.submitter_id = submitters.user_id
    left join {{ ref("int_organizations") }} as organizations
        on tickets.organization_id = organizations.organization_id
    where tickets.created_at < {{ as_of() }}
),

keyed as (
    select
        ticket_keys.ticket_number,
        ticket_keys.ticket_key,
        tickets.*
    from tickets
    inner join {{ ref("int_ticket_keys") }} as ticket_keys
        on
            tickets.provider = ticket_keys.provider
            and tickets.ticket_id = ticket_keys.ticket_id
)

select
    ---------- ids
    keyed.ticket_key,
    keyed.ticket_number,
    keyed.provider,
    keyed.ticket_id,
    keyed.provider || '|' || coalesce(keyed.requester_id, keyed.requester_email) as requester_key,
    keyed.requester_external_id,
    keyed.requester_organization_id,
    keyed.given_customer_id,

    ---------- strings
    keyed.requester_email,
    keyed.organization,
    case
        when keyed.provider = 'files' then keyed.status
        else coalesce(outcomes.status, keyed.status)
    end as status,
    keyed.priority,
    keyed.channel,
    keyed.ticket_type,
    keyed.subject,
    keyed.tags,

    ---------- booleans
    keyed.is_counted,
    keyed.is_agent_created,

    ---------- numerics
    case when keyed.provider = 'files' then keyed.replies else coalesce(answers.replies, 0) end
        as replies,
    case when keyed.provider = 'files' then keyed.reopens else coalesce(outcomes.reopens, 0) end
        as reopens,
    case when keyed.provider <> 'files' then coalesce(handoffs.handoffs, 0) end as handoffs,

    ---------- timestamps
    keyed.created_at,
    coalesce(keyed.first_replied_at, answers.first_replied_at) as first_replied_at,
    case when keyed.provider <> 'files' then answers.last_replied_at end as last_replied_at,
    coalesce(keyed.first_solved_at, outcomes.first_solved_at) as first_solved_at,
    case
        when keyed.provider = 'files' then keyed.solved_at
        when outcomes.is_solved then outcomes.solved_at
    end as solved_at
from keyed
left join answers
    on keyed.ticket_number = answers.ticket_number
left join outcomes
    on keyed.ticket_number = outcomes.ticket_number
left join handoffs
    on keyed.ticket_number = handoffs.ticket_number
