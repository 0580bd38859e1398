-- Every account that a biller describes, numbered in the order in which accounts keep their id when
-- several are one customer: those of files first, then the earliest.
{% set columns = [
    "external_id", "name", "email", "company", "country", "segment", "acquisition_channel",
    "created_at",
] %}

with accounts as (
    select
        customer_id as account_id,
        'files' as provider,
        customer_id as provider_customer_id,
        {{ columns | join(", ") }}
    from {{ ref("stg_files__customers") }}
    union all
    select
        customer_id as account_id,
        'stripe' as provider,
        provider_customer_id,
        {{ columns | join(", ") }}
    from {{ ref("stg_stripe__customers") }}
    where created_at is null or created_at < {{ as_of() }}
)

select
    ---------- ids
    account_id,
    provider,
    provider_customer_id,
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

    ---------- timestamps
    created_at
from accounts
