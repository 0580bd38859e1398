-- Trials, month by month: begun, over, and how many of those over led to a payment. Each customer's
-- first trial counts, unless a payer makes it. Months begin with the first subscription, because
-- trials come before MRR.
with events as (
    select
        {{ month_of("started_on") }} as metric_month,
        1 as started,
        0 as ended,
        0 as converted
    from {{ ref("int_trials") }}
    where is_counted
    union all
    select
        {{ month_of("ended_on") }} as metric_month,
        0 as started,
        1 as ended,
        case when is_converted then 1 else 0 end as converted
    from {{ ref("int_trials") }}
    where is_counted and ended_on is not null
),

counts as (
    select
        metric_month,
        sum(started) as started,
        sum(ended) as ended,
        sum(converted) as converted
    from events
    group by metric_month
),

pipeline as (
    select
        metric_month,
        sum(pipeline_mrr) as pipeline_mrr
    from {{ ref("int_segment_customer_months") }}
    where segment_kind = 'all'
    group by metric_month
),

-- Without any payment, whether a trial led to one is unknown.
sources as (
    select count(*) as payments
    from {{ ref("int_payments") }}
),

joined as (
    select
        months.metric_month,
        months.is_closed,
        {{ local_midnight(add_days("months.next_month", 30)) }} > {{ as_of() }} as is_provisional,
        cast(coalesce(counts.started, 0) as integer) as started_trials,
        cast(coalesce(counts.ended, 0) as integer) as ended_trials,
        case
            when sources.payments > 0 then cast(coalesce(counts.converted, 0) as integer)
        end as converted_trials,
        {{ amount("coalesce(pipeline.pipeline_mrr, 0)") }} as pipeline_mrr,
        policy.policy,
        policy.policy_version
    from {{ ref("int_months") }} as months
    cross join sources
    cross join {{ ref("int_policy") }} as policy
    left join counts on months.metric_month = counts.metric_month
    left join pipeline on months.metric_month = pipeline.metric_month
),

accumulated as (
    select
        *,
        cast(
            sum(started_trials - ended_trials) over (order by metric_month) as integer
        ) as closing_trials
    from joined
)

select
    metric_month,
    '{{ var("currency") }}' as currency,
    closing_trials - started_trials + ended_trials as opening_trials,
    started_trials,
    ended_trials,
    closing_trials,
    converted_trials,
    {{ ratio("converted_trials", "ended_trials") }} as conversion_rate,
    pipeline_mrr,
    is_provisional,
    is_closed,
    policy,
    policy_version
from accumulated
order by metric_month
