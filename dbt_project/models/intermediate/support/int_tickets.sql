-- The canonical tickets of every helpdesk, as known at as_of, each linked to its customer: by the
-- id given, else by an e-mail address that exactly one customer has.
{% set as_known = [
    "first_replied_at", "first_solved_at", "solved_at",
] %}

with tickets as (
    select
        'files' as provider,
        *
    from {{ ref("stg_files__tickets") }}
    where created_at < {{ as_of() }}
),

addresses as (
    select
        email,
        min(customer_id) as customer_id
    from {{ ref("int_customers") }}
    where email is not null
    group by email
    having count(*) = 1
)

select
    ---------- ids
    tickets.provider || '|' || tickets.ticket_id as ticket_key,
    tickets.provider,
    tickets.ticket_id,
    coalesce(tickets.customer_id, addresses.customer_id) as customer_id,

    ---------- strings
    case
        when tickets.customer_id is not null then 'given'
        when addresses.customer_id is not null then 'email'
        else 'unmatched'
    end as link_method,
    tickets.status,
    tickets.priority,
    tickets.channel,
    tickets.ticket_type,

    ---------- numerics
    tickets.replies,
    tickets.reopens,

    ---------- timestamps
    tickets.created_at,
    {% for column in as_known %}
        case when tickets.{{ column }} < {{ as_of() }} then tickets.{{ column }} end
            as {{ column }}{% if not loop.last %},{% endif %}
    {% endfor %}
from tickets
left join addresses
    on tickets.requester_email = addresses.email
