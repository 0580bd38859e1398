-- Whether a promise was kept: each time a policy set a target for a metric of a ticket, until the
-- metric met its end or missed the target. The policy is the one the latest target before that came
-- from, as it was then. What is still running is not decided.
with events as (
    select
        'zendesk|' || ticket_id as ticket_key,
        metric,
        instance_id,
        kind,
        policy_id,
        policy,
        target_seconds,
        is_in_business_hours,
        occurred_at,
        metric_event_id
    from {{ ref("stg_zendesk__metric_events") }}
    where occurred_at < {{ as_of() }}
),

ends as (
    select
        ticket_key,
        metric,
        instance_id,
        min(case when kind = 'breach' then occurred_at end) as breached_at,
        min(case when kind = 'fulfill' then occurred_at end) as fulfilled_at
    from events
    group by ticket_key, metric, instance_id
),

decided as (
    select
        *,
        breached_at is null or breached_at >= fulfilled_at as is_attained,
        case
            when breached_at is null then fulfilled_at
            when fulfilled_at is null then breached_at
            else least(breached_at, fulfilled_at)
        end as decided_at
    from ends
    where coalesce(breached_at, fulfilled_at) is not null
),

targets as (
    select
        events.*,
        decided.is_attained,
        decided.decided_at,
        row_number() over (
            partition by events.ticket_key, events.metric, events.instance_id
            order by events.occurred_at desc, events.metric_event_id desc
        ) as recency
    from events
    inner join decided
        on
            events.ticket_key = decided.ticket_key
            and events.metric = decided.metric
            and events.instance_id = decided.instance_id
    where
        events.kind in ('apply_sla', 'apply_group_sla')
        and events.occurred_at <= decided.decided_at
)

select
    ---------- ids
    ticket_key,
    instance_id,
    policy_id,

    ---------- strings
    metric,
    coalesce(policy, policy_id, 'unknown') as policy,

    ---------- numerics
    target_seconds,

    ---------- booleans
    is_in_business_hours,
    is_attained,

    ---------- timestamps
    decided_at
from targets
where recency = 1
