with open_cases as (
    select
        months.metric_month,
        sum(
            case
                when
                    cases.fell_due_on <= months.closes_on
                    and (cases.ended_on is null or cases.ended_on > months.closes_on)
                    then 1
                else 0
            end
        ) as subscriptions
    from {{ ref("int_months") }} as months
    cross join {{ ref("int_dunning_cases") }} as cases
    group by months.metric_month
)

select
    dunning.metric_month,
    dunning.closing_at_risk_subscriptions,
    open_cases.subscriptions
from {{ ref("dunning_monthly") }} as dunning
left join open_cases
    on dunning.metric_month = open_cases.metric_month
where dunning.closing_at_risk_subscriptions <> coalesce(open_cases.subscriptions, 0)
