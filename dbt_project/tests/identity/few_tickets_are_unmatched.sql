with tickets as (
    select
        count(*) as tickets,
        sum(case when customers.customer_id is null then 1 else 0 end) as unmatched_tickets
    from {{ ref("int_tickets") }} as tickets
    inner join {{ ref("int_ticket_customers") }} as customers
        on tickets.ticket_key = customers.ticket_key
    where tickets.is_counted
)

select *
from tickets
where unmatched_tickets > tickets * {{ var("most_unmatched_tickets") }}
