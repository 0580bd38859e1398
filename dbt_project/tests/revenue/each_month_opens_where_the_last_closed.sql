with months as (
    select
        segment_kind,
        segment_value,
        metric_month,
        opening_mrr,
        opening_customers,
        lag(closing_mrr) over (
            partition by segment_kind, segment_value order by metric_month
        ) as closed_at_mrr,
        lag(closing_customers) over (
            partition by segment_kind, segment_value order by metric_month
        ) as closed_at_customers
    from {{ ref("int_segment_months") }}
)

select *
from months
where
    opening_mrr <> coalesce(closed_at_mrr, 0)
    or opening_customers <> coalesce(closed_at_customers, 0)
