-- Each amount is rounded once, so a month may differ by a millionth for each of them.
with months as (
    select
        metric_month,
        previous_month,
        closes_on
    from {{ ref("int_months") }}
),

positions as (
    select
        months.metric_month,
        changes.currency,
        months.closes_on,
        changes.native_delta as native_amount,
        changes.rate
    from {{ ref("int_dunning_changes") }} as changes
    inner join months
        on changes.metric_month = months.metric_month
    union all
    select
        months.metric_month,
        closes.currency,
        months.closes_on,
        closes.native_at_risk as native_amount,
        closes.rate
    from {{ ref("int_dunning_closes") }} as closes
    inner join months
        on closes.metric_month = months.previous_month
),

explained as (
    select
        positions.metric_month,
        sum({{ amount("positions.native_amount * (rates.rate - positions.rate)") }}) as fx_mrr,
        2 * count(*) as roundings
    from positions
    inner join {{ ref("int_exchange_rates_daily") }} as rates
        on
            positions.currency = rates.currency
            and positions.closes_on = rates.rate_day
    group by positions.metric_month
),

closing as (
    select
        metric_month,
        count(*) as roundings
    from {{ ref("int_dunning_closes") }}
    group by metric_month
)

select
    dunning.metric_month,
    dunning.fx_mrr,
    explained.fx_mrr as by_rates
from {{ ref("dunning_monthly") }} as dunning
left join explained
    on dunning.metric_month = explained.metric_month
left join closing
    on dunning.metric_month = closing.metric_month
where
    abs(dunning.fx_mrr - coalesce(explained.fx_mrr, 0)) * 1000000
    > coalesce(explained.roundings, 0) + coalesce(closing.roundings, 0)
