-- Who wrote to the helpdesk and is no customer's, as far as anything tells. An override, an address
-- or an external id makes them someone's; the next run then lists them no more.
select
    customers.provider,
    coalesce(customers.requester, 'nobody') as requester,
    max(customers.requester_email) as requester_email,
    max(tickets.organization) as organization,
    min(customers.unmatched_because) as unmatched_because,
    cast(count(*) as integer) as tickets,
    cast(sum(case when tickets.is_counted then 1 else 0 end) as integer) as counted_tickets,
    min(tickets.created_at) as first_ticket_at,
    max(tickets.created_at) as last_ticket_at
from {{ ref("int_ticket_customers") }} as customers
inner join {{ ref("int_tickets") }} as tickets
    on customers.ticket_key = tickets.ticket_key
where customers.customer_id is null
group by customers.provider, coalesce(customers.requester, 'nobody')
order by customers.provider, coalesce(customers.requester, 'nobody')
