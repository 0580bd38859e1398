-- Published rates of each currency to the reporting currency. On one date the user's own rates
-- beat the central bank's, a direct pair beats its inverse, and both beat a cross of two pairs.
{% set reporting_currency = "'" ~ var("currency") ~ "'" %}

with pairs as (
    select
        1 as source_priority,
        base_currency,
        quote_currency,
        rate_date,
        rate
    from {{ ref("stg_files__exchange_rates") }}
    union all
    select
        2 as source_priority,
        base_currency,
        quote_currency,
        rate_date,
        rate
    from {{ ref("stg_exchange_rates__reference_rates") }}
),

direct as (
    select
        base_currency as currency,
        rate_date,
        rate,
        source_priority,
        1 as method_priority,
        'direct' as method
    from pairs
    where quote_currency = {{ reporting_currency }}
),

inverse as (
    select
        quote_currency as currency,
        rate_date,
        {{ ratio(1, "rate") }} as rate,
        source_priority,
        2 as method_priority,
        'inverse' as method
    from pairs
    where base_currency = {{ reporting_currency }}
),

crossed as (
    select
        priced.quote_currency as currency,
        priced.rate_date,
        {{ ratio("reporting.rate", "priced.rate") }} as rate,
        priced.source_priority,
        3 as method_priority,
        'cross' as method
    from pairs as priced
    inner join pairs as reporting
        on
            priced.source_priority = reporting.source_priority
            and priced.base_currency = reporting.base_currency
            and priced.rate_date = reporting.rate_date
    where
        reporting.quote_currency = {{ reporting_currency }}
        and priced.quote_currency <> {{ reporting_currency }}
),

candidates as (
    select * from direct
    union all
    select * from inverse
    union all
    select * from crossed
),

ranked as (
    select
        currency,
        rate_date,
        rate,
        method,
        row_number() over (
            partition by currency, rate_date
            order by source_priority, method_priority, rate
        ) as preference
    from candidates
)

select
    currency,
    rate_date,
    rate,
    method
from ranked
where preference = 1
