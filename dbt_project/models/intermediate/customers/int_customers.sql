-- Every customer that anything names, with what is known of it. One named only by a subscription, a
-- payment, a ticket or usage exists too.
{% set columns = [
    "provider_customer_id", "external_id", "name", "email", "company", "country", "segment",
    "acquisition_channel", "created_at",
] %}

with customers as (
    select
        customer_id,
        'files' as provider,
        {% for column in columns %}
            {{ column if column != "provider_customer_id" else "customer_id as " ~ column }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("stg_files__customers") }}
    union all
    select
        customer_id,
        'stripe' as provider,
        {{ columns | join(", ") }}
    from {{ ref("stg_stripe__customers") }}
    where created_at is null or created_at < {{ as_of() }}
),

named as (
    select customer_id from customers
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
    coalesce(customers.provider, 'files') as provider,
    coalesce(customers.provider_customer_id, named.customer_id) as provider_customer_id,
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
left join customers
    on named.customer_id = customers.customer_id
