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
        accounts.account_id = customer_accounts.customer_id as is_first
    from {{ ref("int_accounts") }} as accounts
    inner join {{ ref("int_customer_accounts") }} as customer_accounts
        on
            accounts.provider = customer_accounts.provider
            and accounts.account_id = customer_accounts.account_id
),

customers as (
    select
        customer_id,
        {% for column in ["provider", "provider_customer_id"] + columns %}
            coalesce(min(case when is_first then {{ column }} end), min({{ column }}))
                as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from accounts
    group by customer_id
),

mentions as (
    select
        customer_id,
        provider
    from {{ ref("int_subscription_periods") }}
    union all
    select
        customer_id,
        provider
    from {{ ref("int_payments") }}
    where customer_id is not null
    union all
    select
        customer_id,
        cast(null as text) as provider
    from {{ ref("int_ticket_customers") }}
    where customer_id is not null
    union all
    select
        customer_id,
        cast(null as text) as provider
    from {{ ref("int_customer_usage") }}
    union all
    select
        customer_id,
        provider
    from customers
),

-- A helpdesk or a log of use names the customers of some biller, and is none itself.
named as (
    select
        customer_id,
        coalesce(max(provider), 'files') as provider
    from mentions
    group by customer_id
)

select
    ---------- ids
    named.customer_id,
    coalesce(customers.provider, named.provider) as provider,
    case
        when customers.customer_id is not null then customers.provider_customer_id
        when named.provider = 'files' then named.customer_id
        else substring(named.customer_id, length(named.provider) + 2)
    end as provider_customer_id,
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
