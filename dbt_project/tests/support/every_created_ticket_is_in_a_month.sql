with tickets as (
    select count(*) as counted_tickets
    from {{ ref("fct_tickets") }}
    where is_counted
),

months as (
    select coalesce(sum(created_tickets), 0) as created_tickets
    from {{ ref("support_kpis_monthly") }}
)

select
    tickets.counted_tickets,
    months.created_tickets
from tickets
cross join months
where tickets.counted_tickets <> months.created_tickets
