with payments as (
    select sum(reporting_amount - {{ amount("tax * exchange_rate") }}) as collected
    from {{ ref("fct_payments") }}
    where status = 'succeeded' and is_recurring
),

customers as (
    select sum(cltv_collected) as collected
    from {{ ref("customer_360") }}
)

select
    payments.collected as by_payments,
    customers.collected as by_customers
from payments
cross join customers
where payments.collected <> customers.collected
