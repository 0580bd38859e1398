with segments as (
    select
        segment_kind,
        metric_month,
        sum(closing_mrr) as closing_mrr,
        sum(fx_mrr) as fx_mrr,
        sum(closing_customers) as closing_customers
    from {{ ref("kpis_monthly_by_segment") }}
    where segment_kind <> 'native_currency'
    group by segment_kind, metric_month
)

select
    segments.segment_kind,
    segments.metric_month,
    segments.closing_mrr as by_segments,
    kpis.closing_mrr,
    segments.closing_customers as customers_by_segments,
    kpis.closing_customers
from segments
inner join {{ ref("kpis_monthly") }} as kpis
    on segments.metric_month = kpis.metric_month
where
    segments.closing_mrr <> kpis.closing_mrr
    or segments.fx_mrr <> kpis.fx_mrr
    or (
        segments.segment_kind in ('country', 'channel', 'segment')
        and segments.closing_customers <> kpis.closing_customers
    )
