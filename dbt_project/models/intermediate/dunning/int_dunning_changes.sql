-- The ledger of MRR at risk: what each case added to it or took from it on a day, in its own and in
-- the reporting currency. A new price or quantity while past due is `changed`.
with sides as (
    select
        customer_id,
        subscription_key,
        fell_due_on,
        currency,
        from_on as changed_on,
        past_due_mrr as native_delta
    from {{ ref("int_dunning_stretches") }}
    union all
    select
        customer_id,
        subscription_key,
        fell_due_on,
        currency,
        to_on as changed_on,
        -past_due_mrr as native_delta
    from {{ ref("int_dunning_stretches") }}
    where to_on <= {{ last_day() }}
),

days as (
    select
        customer_id,
        subscription_key,
        fell_due_on,
        currency,
        changed_on,
        {{ amount("sum(native_delta)") }} as native_delta
    from sides
    group by customer_id, subscription_key, fell_due_on, currency, changed_on
)

select
    days.customer_id,
    days.subscription_key,
    days.fell_due_on,
    days.currency,
    days.changed_on,
    {{ month_of("days.changed_on") }} as metric_month,
    case
        when days.changed_on = days.fell_due_on then 'entered'
        when days.changed_on = cases.ended_on then cases.outcome
        else 'changed'
    end as change_kind,
    days.native_delta,
    rates.rate,
    {{ amount("days.native_delta * rates.rate") }} as mrr_delta
from days
inner join {{ ref("int_dunning_cases") }} as cases
    on
        days.customer_id = cases.customer_id
        and days.subscription_key = cases.subscription_key
        and days.fell_due_on = cases.fell_due_on
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        days.currency = rates.currency
        and days.changed_on = rates.rate_day
where days.native_delta <> 0
