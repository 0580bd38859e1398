-- What helpdesks say that cannot be right, one row each with the reason. Nothing measured from a
-- fault is in a KPI; all else of the same ticket is.
with tickets as (
    select *
    from {{ ref("int_tickets") }}
),

history as (
    select distinct ticket_number
    from {{ ref("int_ticket_events") }}
    where kind = 'created'
),

opinions as (
    select distinct 'files|' || ticket_id as ticket_key
    from {{ ref("stg_files__ticket_ratings") }}
    where rated_at < {{ as_of() }}
    {% for table in ["satisfaction_ratings", "survey_responses"] %}
        union
        select distinct 'zendesk|' || coalesce(ticket_id, '') as ticket_key
        from {{ ref("stg_zendesk__" ~ table) }}
        where changed_at < {{ as_of() }}
    {% endfor %}
),

file_moments as (
    {% for moment in ["first_replied_at", "first_solved_at", "solved_at"] %}
        select
            'files|' || ticket_id as ticket_key,
            '{{ moment }} before it was created' as reason
        from {{ ref("stg_files__tickets") }}
        where {{ moment }} < created_at and created_at < {{ as_of() }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

zendesk_moments as (
    select distinct
        tickets.ticket_key,
        'first_replied_at before it was created' as reason
    from {{ ref("int_ticket_events") }} as events
    inner join tickets
        on events.ticket_number = tickets.ticket_number
    where events.kind = 'early_reply' and events.provider = 'zendesk'
),

windows as (
    select
        schedule_id,
        valid_from,
        opens_minute,
        closes_minute,
        lag(closes_minute) over (
            partition by schedule_id, valid_from order by opens_minute, closes_minute
        ) as closes_before
    from {{ ref("stg_zendesk__schedule_windows") }}
),

faults as (
    select
        'ticket' as subject,
        ticket_key as subject_key,
        'it has no requester' as reason
    from tickets
    where requester_key is null and given_customer_id is null
    union all
    select
        'ticket' as subject,
        tickets.ticket_key as subject_key,
        'its requester is unknown' as reason
    from tickets
    left join {{ ref("int_requesters") }} as requesters
        on tickets.requester_key = requesters.requester_key
    where
        tickets.provider <> 'files'
        and tickets.is_counted
        and tickets.requester_key is not null
        and requesters.requester_key is null
    union all
    select
        'ticket' as subject,
        tickets.ticket_key as subject_key,
        'its history lacks the beginning' as reason
    from tickets
    left join history
        on tickets.ticket_number = history.ticket_number
    where
        tickets.provider <> 'files'
        and tickets.is_counted
        and history.ticket_number is null
    union all
    select
        'ticket' as subject,
        ticket_key as subject_key,
        'it is solved and no time says when' as reason
    from tickets
    where status in ('solved', 'closed') and solved_at is null and is_counted
    union all
    select
        'ticket' as subject,
        ticket_key as subject_key,
        reason
    from file_moments
    union all
    select
        'ticket' as subject,
        ticket_key as subject_key,
        reason
    from zendesk_moments
    union all
    select
        'rating' as subject,
        opinions.ticket_key as subject_key,
        'its ticket is unknown' as reason
    from opinions
    left join tickets
        on opinions.ticket_key = tickets.ticket_key
    where tickets.ticket_key is null
    union all
    select distinct
        'schedule' as subject,
        provider || '|' || schedule_id as subject_key,
        case
            when given_time_zone is null then 'it has no time zone'
            else 'nobody knows its time zone'
        end as reason
    from {{ ref("int_schedule_versions") }}
    where time_zone is null
    union all
    select distinct
        'schedule' as subject,
        'zendesk|' || schedule_id as subject_key,
        'its hours overlap; what overlaps counts once' as reason
    from windows
    where closes_before > opens_minute
)

select distinct
    ---------- ids
    subject_key,

    ---------- strings
    subject,
    reason
from faults
