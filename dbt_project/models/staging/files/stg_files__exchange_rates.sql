with source as (
    {{ current_file_rows("exchange_rates") }}
)

select
    ---------- strings
    base as base_currency,
    quote as quote_currency,

    ---------- numerics
    {{ amount("rate") }} as rate,

    ---------- dates
    rate_date
from source
