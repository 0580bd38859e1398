-- MRR at risk of each customer and currency when each month closed, as the ledger of MRR at risk
-- adds up to, at the close's rate.
with days as (
    select
        customer_id,
        currency,
        changed_on,
        sum(native_delta) as native_delta
    from {{ ref("int_dunning_changes") }}
    group by customer_id, currency, changed_on
),

positions as (
    select
        customer_id,
        currency,
        changed_on,
        {{ amount(
            "sum(native_delta) over (partition by customer_id, currency order by changed_on)"
        ) }} as native_at_risk,
        coalesce(
            {{ add_days(
                "lead(changed_on) over (partition by customer_id, currency order by changed_on)",
                -1
            ) }},
            {{ last_day() }}
        ) as stands_until_on
    from days
),

month_positions as (
    select
        *,
        {{ each_month(month_of("changed_on"), month_of("stands_until_on")) }} as metric_month
    from positions
    where native_at_risk <> 0
)

select
    month_positions.customer_id,
    month_positions.currency,
    month_positions.metric_month,
    month_positions.native_at_risk,
    rates.rate,
    {{ amount("month_positions.native_at_risk * rates.rate") }} as at_risk_mrr
from month_positions
inner join {{ ref("int_months") }} as months
    on month_positions.metric_month = months.metric_month
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        month_positions.currency = rates.currency
        and months.closes_on = rates.rate_day
where
    months.closes_on >= month_positions.changed_on
    and months.closes_on <= month_positions.stands_until_on
