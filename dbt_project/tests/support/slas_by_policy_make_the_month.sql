with policies as (
    select
        metric_month,
        sum(decided_targets) as decided_targets,
        sum(attained_targets) as attained_targets
    from {{ ref("support_sla_monthly") }}
    group by metric_month
)

select
    months.metric_month,
    months.decided_targets,
    policies.decided_targets as decided_by_policy,
    months.attained_targets,
    policies.attained_targets as attained_by_policy
from {{ ref("support_kpis_monthly") }} as months
left join policies
    on months.metric_month = policies.metric_month
where
    months.decided_targets <> coalesce(policies.decided_targets, 0)
    or months.attained_targets <> coalesce(policies.attained_targets, 0)
