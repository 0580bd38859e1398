-- What the newest invoice with a name says of each customer: it stays when Stripe has deleted them.
with invoices as (
    select
        customer_id,
        customer_name,
        customer_country,
        row_number() over (
            partition by customer_id order by created_at desc, invoice_id desc
        ) as recency
    from {{ ref("stg_stripe__invoices") }}
    where customer_name is not null and created_at < {{ as_of() }}
)

select
    customer_id,
    customer_name as name,
    customer_country as country
from invoices
where recency = 1
