-- The canonical tickets of every helpdesk, as known at as_of. Whose they are is decided in
-- int_ticket_customers.
{% set as_known = ["first_replied_at", "first_solved_at", "solved_at"] %}

with tickets as (
    select
        'files' as provider,
        *
    from {{ ref("stg_files__tickets") }}
    where created_at < {{ as_of() }}
)

select
    ---------- ids
    provider || '|' || ticket_id as ticket_key,
    provider,
    ticket_id,
    provider || '|' || requester_email as requester_key,
    cast(null as text) as requester_external_id,
    cast(null as text) as requester_organization_id,
    customer_id as given_customer_id,

    ---------- strings
    requester_email,
    organization,
    status,
    priority,
    channel,
    ticket_type,
    subject,
    tags,

    ---------- booleans
    coalesce(status, '') not in ('spam', 'deleted') as is_counted,

    ---------- numerics
    replies,
    reopens,

    ---------- timestamps
    created_at,
    {% for column in as_known %}
        case when {{ column }} < {{ as_of() }} then {{ column }} end as {{ column }}
        {%- if not loop.last %},{% endif %}
    {% endfor %}
from tickets
