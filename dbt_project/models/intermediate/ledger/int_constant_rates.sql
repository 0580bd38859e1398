-- The fixed rate of each currency in the constant-currency view: the one of the first day on which
-- the company had MRR in it. It never moves with as_of.
with first_days as (
    select
        currency,
        min(from_on) as first_day
    from {{ ref("int_subscription_states") }}
    where mrr > 0
    group by currency
)

select
    first_days.currency,
    rates.rate
from first_days
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        first_days.currency = rates.currency
        and first_days.first_day = rates.rate_day
