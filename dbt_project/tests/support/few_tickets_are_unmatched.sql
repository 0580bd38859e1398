with tickets as (
    select
        count(*) as tickets,
        sum(case when customer_id is null then 1 else 0 end) as unmatched_tickets
    from {{ ref("fct_tickets") }}
)

select *
from tickets
where unmatched_tickets * 10 > tickets
