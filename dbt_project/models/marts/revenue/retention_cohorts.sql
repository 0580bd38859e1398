-- Customers by the month of their `new` movement, and what is left of them at each age. MRR is
-- valued at the rates of each customer's own first day, so that currencies do not count.
with starts as (
    select
        customer_id,
        changed_on as first_paid_on,
        {{ month_of("changed_on") }} as cohort_month,
        sum(mrr_delta) as mrr_start
    from {{ ref("int_mrr_legs") }}
    where movement_type = 'new'
    group by customer_id, changed_on
),

cohorts as (
    select
        cohort_month,
        count(*) as customers,
        sum(mrr_start) as mrr_start
    from starts
    group by cohort_month
),

ages as (
    select
        cohorts.cohort_month,
        cohorts.customers,
        cohorts.mrr_start,
        {{ each_month("cohorts.cohort_month", month_of(last_day())) }} as metric_month
    from cohorts
),

balances as (
    select
        starts.cohort_month,
        item_months.customer_id,
        item_months.metric_month,
        item_months.currency,
        coalesce(rates.rate, item_months.constant_rate) as rate,
        sum(item_months.mrr) as mrr
    from {{ ref("int_subscription_item_months") }} as item_months
    inner join starts
        on item_months.customer_id = starts.customer_id
    left join {{ ref("int_exchange_rates_daily") }} as rates
        on
            item_months.currency = rates.currency
            and starts.first_paid_on = rates.rate_day
    where item_months.mrr > 0
    group by
        starts.cohort_month,
        item_months.customer_id,
        item_months.metric_month,
        item_months.currency,
        coalesce(rates.rate, item_months.constant_rate)
),

retained as (
    select
        cohort_month,
        metric_month,
        count(distinct customer_id) as customers_retained,
        sum({{ amount(amount("mrr") ~ " * rate") }}) as mrr_retained
    from balances
    group by cohort_month, metric_month
),

triangle as (
    select
        ages.cohort_month,
        {{ months_between("ages.cohort_month", "ages.metric_month") }} as age_months,
        ages.customers,
        ages.mrr_start,
        case when months.is_closed then coalesce(retained.customers_retained, 0) end
            as customers_retained,
        case when months.is_closed then coalesce(retained.mrr_retained, 0) end as mrr_retained
    from ages
    inner join {{ ref("int_months") }} as months
        on ages.metric_month = months.metric_month
    left join retained
        on
            ages.cohort_month = retained.cohort_month
            and ages.metric_month = retained.metric_month
)

select
    cohort_month,
    age_months,
    '{{ var("currency") }}' as currency,
    cast(customers as integer) as customers,
    cast(customers_retained as integer) as customers_retained,
    {{ ratio("customers_retained", "customers") }} as customer_retention,
    {{ amount("mrr_start") }} as mrr_start,
    {{ amount("mrr_retained") }} as mrr_retained,
    {{ ratio("mrr_retained", "mrr_start") }} as mrr_retention
from triangle
order by cohort_month, age_months
