with payments as (
    select
        {{ month_of("occurred_on") }} as metric_month,
        sum(case when kind = 'charge' then reporting_amount else 0 end) as collected_amount,
        sum(case when kind = 'refund' then reporting_amount else 0 end) as refunded_amount
    from {{ ref("fct_payments") }}
    where status = 'succeeded'
    group by {{ month_of("occurred_on") }}
)

select
    kpis.metric_month,
    kpis.collected_amount,
    payments.collected_amount as by_payments,
    kpis.refunded_amount,
    payments.refunded_amount as refunded_by_payments
from {{ ref("kpis_monthly") }} as kpis
left join payments
    on kpis.metric_month = payments.metric_month
where
    kpis.collected_amount <> coalesce(payments.collected_amount, 0)
    or kpis.refunded_amount <> coalesce(payments.refunded_amount, 0)
