-- The days on which a customer's position in a foreign currency is looked at, and the rate it has
-- from then on. It is revalued when its amount changes, on each month's last day and at as_of; on
-- another day, on which only its items change places, it keeps its last rate.
with legs as (
    select
        customer_id,
        currency,
        changed_on,
        sum(native_delta) as native_delta
    from {{ ref("int_mrr_native_legs") }}
    where currency <> '{{ var("currency") }}'
    group by customer_id, currency, changed_on
),

positions as (
    select
        customer_id,
        currency,
        changed_on,
        native_delta,
        sum(native_delta) over (
            partition by customer_id, currency order by changed_on
        ) as native_after,
        lead(changed_on) over (
            partition by customer_id, currency order by changed_on
        ) as next_changed_on
    from legs
),

held_months as (
    select
        customer_id,
        currency,
        changed_on,
        next_changed_on,
        {{ each_month(
            month_of("changed_on"),
            month_of("coalesce(next_changed_on, " ~ last_day() ~ ")")
        ) }} as metric_month
    from positions
    where native_after > 0
),

month_ends as (
    select
        held_months.customer_id,
        held_months.currency,
        months.closes_on as valued_on
    from held_months
    inner join {{ ref("int_months") }} as months
        on held_months.metric_month = months.metric_month
    where
        months.closes_on > held_months.changed_on
        and (
            held_months.next_changed_on is null
            or months.closes_on < held_months.next_changed_on
        )
),

days as (
    select
        positions.customer_id,
        positions.currency,
        positions.changed_on as valued_on,
        positions.native_delta <> 0 or months.closes_on is not null as is_revalued
    from positions
    left join {{ ref("int_months") }} as months on positions.changed_on = months.closes_on
    union all
    select
        customer_id,
        currency,
        valued_on,
        true as is_revalued
    from month_ends
),

-- A change on a month's last day revalues once.
numbered as (
    select
        customer_id,
        currency,
        valued_on,
        is_revalued,
        sum(case when is_revalued then 1 else 0 end) over (
            partition by customer_id, currency order by valued_on
        ) as revaluation
    from days
),

dated as (
    select
        customer_id,
        currency,
        valued_on,
        min(valued_on) over (partition by customer_id, currency, revaluation) as revalued_on
    from numbered
)

select
    dated.customer_id,
    dated.currency,
    dated.valued_on,
    dated.revalued_on,
    rates.rate
from dated
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        dated.currency = rates.currency
        and dated.revalued_on = rates.rate_day
