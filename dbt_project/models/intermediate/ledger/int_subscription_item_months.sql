-- What each subscription item stood at when each month closed, native and at the close's rate.
with states as (
    select
        *,
        {{ each_month(month_of("from_on"), month_of(add_days("to_on", -1))) }} as metric_month
    from {{ ref("int_subscription_states") }}
    where mrr_list > 0 or pipeline_mrr > 0 or is_paused
)

select
    states.customer_id,
    states.subscription_item_id,
    months.metric_month,
    months.closes_on,
    states.provider,
    states.plan_id,
    states.billing_interval,
    states.currency,
    states.is_paused,
    states.mrr,
    states.mrr_list,
    states.mrr_net_of_all_discounts,
    states.past_due_mrr,
    states.pipeline_mrr,
    case
        when states.cancel_requested_at < months.closes_at then 0
        when
            states.cancel_requested_at is null
            and states.cancel_scheduled_for is not null
            and months.closes_at >= {{ as_of() }}
            then 0
        else states.mrr
    end as committed_mrr,
    states.mrr = 0 or (
        states.has_cancellation_requests
        and (
            states.cancel_scheduled_for is null
            or states.cancel_requested_at is not null
            or months.closes_at >= {{ as_of() }}
        )
    ) as is_schedule_known,
    rates.rate,
    coalesce(previous_rates.rate, rates.rate) as previous_close_rate,
    coalesce(rates_a_year_before.rate, rates.rate) as year_before_close_rate,
    constant_rates.rate as constant_rate
from states
inner join {{ ref("int_months") }} as months
    on states.metric_month = months.metric_month
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        states.currency = rates.currency
        and months.closes_on = rates.rate_day
left join {{ ref("int_exchange_rates_daily") }} as previous_rates
    on
        states.currency = previous_rates.currency
        and {{ add_days("months.metric_month", -1) }} = previous_rates.rate_day
left join {{ ref("int_exchange_rates_daily") }} as rates_a_year_before
    on
        states.currency = rates_a_year_before.currency
        and {{ add_days(add_months("months.metric_month", -11), -1) }}
        = rates_a_year_before.rate_day
left join {{ ref("int_constant_rates") }} as constant_rates
    on states.currency = constant_rates.currency
where
    months.closes_on >= states.from_on
    and months.closes_on < states.to_on
