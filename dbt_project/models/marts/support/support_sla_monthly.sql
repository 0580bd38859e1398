with decided as (
    select
        {{ month_of(local_date("slas.decided_at")) }} as metric_month,
        slas.policy,
        slas.metric,
        case when slas.is_attained then 1 else 0 end as attained
    from {{ ref("int_ticket_slas") }} as slas
    inner join {{ ref("int_tickets") }} as tickets
        on slas.ticket_key = tickets.ticket_key
    where tickets.is_counted
)

select
    metric_month,
    policy,
    metric,
    cast(count(*) as bigint) as decided_targets,
    cast(sum(attained) as bigint) as attained_targets,
    {{ ratio("sum(attained)", "count(*)") }} as sla_attainment
from decided
group by metric_month, policy, metric
order by metric_month, policy, metric
