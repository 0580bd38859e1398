with movements as (
    select
        customer_id,
        {{ month_of("occurred_on") }} as metric_month,
        sum(mrr_delta) as mrr_delta
    from {{ ref("fct_mrr_movements") }}
    group by customer_id, {{ month_of("occurred_on") }}
),

running as (
    select
        balances.customer_id,
        balances.metric_month,
        balances.mrr,
        sum(coalesce(movements.mrr_delta, 0)) over (
            partition by balances.customer_id order by balances.metric_month
        ) as mrr_by_movements
    from {{ ref("fct_customer_mrr_monthly") }} as balances
    left join movements
        on
            balances.customer_id = movements.customer_id
            and balances.metric_month = movements.metric_month
)

select *
from running
where mrr <> mrr_by_movements
