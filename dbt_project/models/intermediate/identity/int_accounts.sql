-- Every account that a biller describes, numbered in the order in which accounts keep their id when
-- several are one customer: those of files first, then the earliest. One that Stripe has deleted
-- and that was billed is named by its invoices, and found by what it was known by before.
{% set columns = [
    "external_id", "name", "email", "company", "country", "segment", "acquisition_channel",
    "created_at",
] %}

with billed as (
    select customer_id from {{ ref("int_stripe_subscription_periods") }}
    union
    select customer_id from {{ ref("int_stripe_payments") }}
    where customer_id is not null
    union
    select customer_id from {{ ref("int_stripe_invoiced_customers") }}
),

accounts as (
    select
        customer_id as account_id,
        'files' as provider,
        true as is_on_record,
        {{ columns | join(", ") }}
    from {{ ref("stg_files__customers") }}
    union all
    select
        customer_id as account_id,
        'stripe' as provider,
        true as is_on_record,
        {{ columns | join(", ") }}
    from {{ ref("stg_stripe__customers") }}
    where created_at < {{ as_of() }}
    union all
    select
        billed.customer_id as account_id,
        'stripe' as provider,
        false as is_on_record,
        deleted.external_id,
        invoiced.name,
        deleted.email,
        cast(null as text) as company,
        invoiced.country,
        cast(null as text) as segment,
        cast(null as text) as acquisition_channel,
        deleted.created_at
    from billed
    left join {{ ref("int_stripe_invoiced_customers") }} as invoiced
        on billed.customer_id = invoiced.customer_id
    left join {{ ref("stg_stripe__deleted_customers") }} as deleted
        on billed.customer_id = deleted.customer_id
    left join {{ ref("stg_stripe__customers") }} as listed
        on billed.customer_id = listed.customer_id
    where
        listed.customer_id is null
        and (invoiced.customer_id is not null or deleted.customer_id is not null)
)

select
    ---------- ids
    account_id,
    provider,
    case
        when provider = 'files' then account_id
        else substring(account_id, length(provider) + 2)
    end as provider_customer_id,
    nullif(trim(external_id), '') as external_id,
    row_number() over (
        order by
            case when provider = 'files' then 0 else 1 end,
            created_at asc nulls last,
            account_id asc,
            provider asc
    ) as account_number,

    ---------- strings
    name,
    {{ email_address("email") }} as email,
    company,
    country,
    segment,
    acquisition_channel,

    ---------- booleans
    is_on_record,

    ---------- timestamps
    created_at
from accounts
