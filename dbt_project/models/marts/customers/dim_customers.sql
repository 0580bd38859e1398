select
    customers.customer_id,
    customers.external_id,
    customers.name,
    customers.company,
    customers.country,
    customers.segment,
    customers.acquisition_channel,
    statuses.customer_status,
    customers.is_described,
    statuses.first_paid_on,
    statuses.churned_on,
    customers.created_at
from {{ ref("int_customers") }} as customers
inner join {{ ref("int_customer_statuses") }} as statuses
    on customers.customer_id = statuses.customer_id
order by customers.customer_id
