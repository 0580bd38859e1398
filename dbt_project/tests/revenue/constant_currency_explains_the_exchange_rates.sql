with positions as (
    select
        customer_id,
        metric_month,
        currency,
        rate,
        constant_rate,
        sum(mrr) as native_mrr
    from {{ ref("int_subscription_item_months") }}
    group by customer_id, metric_month, currency, rate, constant_rate
),

months as (
    select
        metric_month,
        sum({{ amount(amount("native_mrr") ~ " * rate") }})
        - sum({{ amount(amount("native_mrr") ~ " * constant_rate") }}) as explained
    from positions
    group by metric_month
)

select
    kpis.metric_month,
    kpis.closing_mrr - kpis.closing_mrr_constant as difference,
    months.explained
from {{ ref("kpis_monthly") }} as kpis
left join months
    on kpis.metric_month = months.metric_month
where kpis.closing_mrr - kpis.closing_mrr_constant <> coalesce(months.explained, 0)
