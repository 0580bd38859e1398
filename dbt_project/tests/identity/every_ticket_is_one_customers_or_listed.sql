with tickets as (
    select count(*) as tickets
    from {{ ref("int_tickets") }}
),

matched as (
    select
        count(*) as tickets,
        count(distinct ticket_key) as different_tickets,
        count(customer_id) as matched_tickets
    from {{ ref("int_ticket_customers") }}
),

listed as (
    select coalesce(sum(tickets), 0) as unmatched_tickets
    from {{ ref("unmatched_requesters") }}
)

select
    tickets.tickets,
    matched.different_tickets,
    matched.matched_tickets,
    listed.unmatched_tickets
from tickets
cross join matched
cross join listed
where
    tickets.tickets <> matched.tickets
    or tickets.tickets <> matched.different_tickets
    or tickets.tickets <> matched.matched_tickets + listed.unmatched_tickets
