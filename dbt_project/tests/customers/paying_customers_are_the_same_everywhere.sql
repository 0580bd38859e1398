with customers as (
    select
        coalesce(sum(case when customer_status = 'paying' then 1 else 0 end), 0) as paying,
        coalesce(sum(mrr), 0) as mrr
    from {{ ref("customer_360") }}
),

last_month as (
    select
        closing_customers,
        closing_mrr
    from {{ ref("kpis_monthly") }}
    where metric_month = {{ month_of(last_day()) }}
)

select
    customers.paying,
    customers.mrr,
    last_month.closing_customers,
    last_month.closing_mrr
from last_month
cross join customers
where customers.paying <> last_month.closing_customers or customers.mrr <> last_month.closing_mrr
