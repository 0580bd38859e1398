-- Whose ticket it is: the customer given, else the only one with the requester's e-mail address.
with addresses as (
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
    tickets.ticket_key,
    coalesce(tickets.given_customer_id, addresses.customer_id) as customer_id,

    ---------- strings
    case
        when tickets.given_customer_id is not null then 'given'
        when addresses.customer_id is not null then 'email'
        else 'unmatched'
    end as link_method,

    ---------- numerics
    cast(
        case
            when tickets.given_customer_id is not null then 1
            when addresses.customer_id is not null then 0.9
            else 0
        end
        as decimal(28, 6)
    ) as confidence
from {{ ref("int_tickets") }} as tickets
left join addresses
    on tickets.requester_email = addresses.email
