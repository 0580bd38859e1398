-- One row for each time a subscription was at risk: since when, until when, and how it came out,
-- by what the subscription is on the first day on which it is at risk no more.
with cases as (
    select
        customer_id,
        subscription_key,
        provider,
        subscription_id,
        fell_due_on,
        left_on
    from {{ ref("int_dunning_stretches") }}
    group by customer_id, subscription_key, provider, subscription_id, fell_due_on, left_on
),

-- What stands on that day, over all items of the subscription.
standing as (
    select
        cases.customer_id,
        cases.subscription_key,
        cases.fell_due_on,
        max(case when states.mrr > 0 then 1 else 0 end) as has_mrr,
        max(case when states.state = 'unpaid' then 1 else 0 end) as has_unpaid
    from cases
    inner join {{ ref("int_subscription_states") }} as states
        on
            cases.customer_id = states.customer_id
            and cases.subscription_key = states.subscription_key
            and cases.left_on >= states.from_on
            and cases.left_on < states.to_on
    group by cases.customer_id, cases.subscription_key, cases.fell_due_on
),

-- Why the items ended that were at risk to the last.
endings as (
    select
        stretches.customer_id,
        stretches.subscription_key,
        stretches.fell_due_on,
        max(case when involuntary_end_reasons.end_reason is not null then 1 else 0 end)
            as has_involuntary_end
    from {{ ref("int_dunning_stretches") }} as stretches
    left join {{ ref("involuntary_end_reasons") }} as involuntary_end_reasons
        on stretches.end_reason = involuntary_end_reasons.end_reason
    where stretches.to_on = stretches.left_on
    group by stretches.customer_id, stretches.subscription_key, stretches.fell_due_on
)

select
    cases.customer_id,
    cases.subscription_key,
    cases.provider,
    cases.subscription_id,
    cases.fell_due_on,
    case when cases.left_on <= {{ last_day() }} then cases.left_on end as ended_on,
    case
        when cases.left_on > {{ last_day() }} then 'open'
        when standing.has_unpaid = 1 then 'lost'
        when standing.has_mrr = 1 then 'recovered'
        when standing.has_mrr is null and endings.has_involuntary_end = 1 then 'lost'
        else 'otherwise_ended'
    end as outcome,
    case
        when cases.left_on <= {{ last_day() }}
            then {{ days_between("cases.fell_due_on", "cases.left_on") }}
    end as days_at_risk
from cases
inner join endings
    on
        cases.customer_id = endings.customer_id
        and cases.subscription_key = endings.subscription_key
        and cases.fell_due_on = endings.fell_due_on
left join standing
    on
        cases.customer_id = standing.customer_id
        and cases.subscription_key = standing.subscription_key
        and cases.fell_due_on = standing.fell_due_on
