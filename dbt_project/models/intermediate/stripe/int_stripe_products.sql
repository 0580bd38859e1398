-- Stripe's products, which are the plans of its subscription items.
select
    product_id as plan_id,
    name
from {{ ref("stg_stripe__products") }}
