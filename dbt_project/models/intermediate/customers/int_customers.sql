-- Every customer that anything names, with what is known of it. One named only by a subscription, a
-- payment, a ticket or usage exists too.
with named as (
    select customer_id from {{ ref("stg_files__customers") }}
    union
    select customer_id from {{ ref("int_subscription_periods") }}
    union
    select customer_id from {{ ref("int_payments") }}
    union
    select customer_id from {{ ref("stg_files__tickets") }}
    where customer_id is not null and created_at < {{ as_of() }}
    union
    select customer_id from {{ ref("stg_files__usage") }}
    where occurred_on <= {{ last_day() }}
)

select
    ---------- ids
    named.customer_id,
    'files' as provider,
    named.customer_id as provider_customer_id,
    customers.external_id,

    ---------- strings
    customers.name,
    customers.email,
    customers.company,
    customers.country,
    customers.segment,
    customers.acquisition_channel,

    ---------- booleans
    customers.customer_id is not null as is_described,

    ---------- timestamps
    customers.created_at
from named
left join {{ ref("stg_files__customers") }} as customers
    on named.customer_id = customers.customer_id
