select
    kpis.metric_month,
    kpis.past_due_mrr,
    dunning.closing_at_risk_mrr
from {{ ref("kpis_monthly") }} as kpis
full outer join {{ ref("dunning_monthly") }} as dunning
    on kpis.metric_month = dunning.metric_month
where
    kpis.past_due_mrr is null
    or dunning.closing_at_risk_mrr is null
    or kpis.past_due_mrr <> dunning.closing_at_risk_mrr
