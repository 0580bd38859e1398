with customers as (
    select
        metric_month,
        sum(mrr) as mrr,
        sum(committed_mrr) as committed_mrr,
        sum(case when is_paying then 1 else 0 end) as paying_customers
    from {{ ref("fct_customer_mrr_monthly") }}
    group by metric_month
)

select
    kpis.metric_month,
    kpis.closing_mrr,
    customers.mrr,
    kpis.closing_customers,
    customers.paying_customers
from {{ ref("kpis_monthly") }} as kpis
left join customers
    on kpis.metric_month = customers.metric_month
where
    kpis.closing_mrr <> coalesce(customers.mrr, 0)
    or kpis.closing_customers <> coalesce(customers.paying_customers, 0)
    or kpis.committed_mrr <> coalesce(customers.committed_mrr, 0)
