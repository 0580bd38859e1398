with running as (
    select
        months.metric_month,
        sum(
            case
                when
                    trials.started_on <= months.closes_on
                    and (trials.ended_on is null or trials.ended_on > months.closes_on)
                    then 1
                else 0
            end
        ) as trials
    from {{ ref("int_months") }} as months
    cross join {{ ref("int_trials") }} as trials
    where trials.is_counted
    group by months.metric_month
)

select
    trials.metric_month,
    trials.closing_trials,
    running.trials
from {{ ref("trials_monthly") }} as trials
left join running
    on trials.metric_month = running.metric_month
where trials.closing_trials <> coalesce(running.trials, 0)
