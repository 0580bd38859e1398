-- The bridge from customers to their accounts at providers, and how each link was found. A customer
-- whom no account describes is one of its own.
select
    customer_id,
    provider,
    provider_customer_id,
    link_method,
    confidence
from {{ ref("int_customer_accounts") }}
union all
select
    customer_id,
    provider,
    provider_customer_id,
    'given' as link_method,
    {{ amount(1) }} as confidence
from {{ ref("int_customers") }}
where not is_described
order by customer_id, provider, provider_customer_id
