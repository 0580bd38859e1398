-- Every customer that anything names, with what is known of it. One named only by a subscription, a
-- payment, a ticket or usage exists too; one that Stripe has deleted is described by its invoices.
{% set columns = [
    "external_id", "name", "email", "company", "country", "segment", "acquisition_channel",
    "created_at",
] %}

with customers as (
    select
        customer_id,
        'files' as provider,
        true as is_on_record,
        {{ columns | join(", ") }}
    from {{ ref("stg_files__customers") }}
    union all
    select
        customer_id,
        'stripe' as provider,
        true as is_on_record,
        {{ columns | join(", ") }}
    from {{ ref("stg_stripe__customers") }}
    where created_at < {{ as_of() }}
    union all
    select
        invoiced.customer_id,
        'stripe' as provider,
        false as is_on_record,
        {% for column in columns %}
            {% if column in ("name", "country") %}
                invoiced.{{ column }}
            {%- else %}
                {% set type = "timestamp" if column == "created_at" else "text" %}
                cast(null as {{ type }}) as {{ column }}
            {%- endif %}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("int_stripe_invoiced_customers") }} as invoiced
    left join {{ ref("stg_stripe__customers") }} as listed
        on invoiced.customer_id = listed.customer_id
    where listed.customer_id is null
),

mentions as (
    select
        customer_id,
        provider
    from customers
    union all
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
    from {{ ref("stg_files__tickets") }}
    where customer_id is not null and created_at < {{ as_of() }}
    union all
    select
        customer_id,
        cast(null as text) as provider
    from {{ ref("stg_files__usage") }}
    where occurred_on <= {{ last_day() }}
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
    named.provider,
    case
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
    coalesce(customers.is_on_record, false) as is_on_record,

    ---------- timestamps
    customers.created_at
from named
left join customers
    on named.customer_id = customers.customer_id
