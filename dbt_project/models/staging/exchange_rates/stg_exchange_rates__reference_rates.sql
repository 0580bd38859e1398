-- Euro foreign exchange reference rates: units of the quote currency for one euro.
with completed_loads as (
    select load_id
    from {{ source("raw_exchange_rates", "_dlt_loads") }}
    where status = 0
),

versions as (
    select
        reference_rates.base as base_currency,
        reference_rates.quote as quote_currency,
        reference_rates.rate_date,
        {{ amount("reference_rates.rate") }} as rate,
        row_number() over (
            partition by reference_rates.record_id
            order by reference_rates._dlt_load_id desc
        ) as recency
    from {{ source("raw_exchange_rates", "reference_rates") }} as reference_rates
    inner join completed_loads
        on reference_rates._dlt_load_id = completed_loads.load_id
)

select
    base_currency,
    quote_currency,
    rate,
    rate_date
from versions
where recency = 1
