-- The bridge from customers to their accounts at providers, and how each link was found.
select
    customer_id,
    provider,
    provider_customer_id,
    'given' as link_method,
    {{ amount(1) }} as confidence
from {{ ref("int_customers") }}
order by customer_id, provider, provider_customer_id
