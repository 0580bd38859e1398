select
    kpis.metric_month,
    kpis.pipeline_mrr,
    trials.pipeline_mrr as by_trials
from {{ ref("kpis_monthly") }} as kpis
left join {{ ref("trials_monthly") }} as trials
    on kpis.metric_month = trials.metric_month
where trials.pipeline_mrr is null or kpis.pipeline_mrr <> trials.pipeline_mrr
