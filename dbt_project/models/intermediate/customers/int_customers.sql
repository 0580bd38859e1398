-- Every customer that anything names, with what is known of it. One named only by a subscription, a
-- payment, a ticket or usage exists too. Of several accounts the one that gave the customer its id
-- says who they are; what it does not say, the others do.
{% set columns = [
    "external_id", "name", "email", "company", "country", "segment", "acquisition_channel",
    "created_at",
] %}

with accounts as (
    select
        accounts.*,
        customer_accounts.customer_id,
        row_number() over (
            partition by customer_accounts.customer_id
            order by
                case when accounts.account_id = customer_accounts.customer_id then 0 else 1 end,
                accounts.account_number
        ) as place
    from {{ ref("int_accounts") }} as accounts
    inner join {{ ref("int_customer_accounts") }} as customer_accounts
        on
            accounts.provider = customer_accounts.provider
            and accounts.account_id = customer_accounts.account_id
),

customers as (
    select
        customer_id,
        max(case when place = 1 then provider end) as provider,
        max(case when place = 1 then provider_customer_id end) as provider_customer_id,
        {% for column in columns %}
            coalesce(max(case when place = 1 then {{ column }} end), min({{ column }}))
                as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from accounts
    group by customer_id
),

named as (
    select customer_id from customers
    union
    select customer_id from {{ ref("int_subscription_periods") }}
    union
    select customer_id from {{ ref("int_payments") }}
    union
    select customer_id from {{ ref("int_ticket_customers") }}
    where customer_id is not null
    union
    select customer_id from {{ ref("int_customer_usage") }}
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
