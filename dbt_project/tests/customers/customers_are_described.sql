select customer_id
from {{ ref("dim_customers") }}
where not is_described
