-- Past due, month by month: what fell due and was not paid, what of it was paid in the end, and
-- what was lost. Subscriptions are counted at each time at risk, customers once a month.
{% set kinds = ["entered", "changed", "recovered", "lost", "otherwise_ended"] %}
{% set outcomes = ["recovered", "lost", "otherwise_ended"] %}

with changes as (
    select
        metric_month,
        {% for kind in kinds %}
            sum(case when change_kind = '{{ kind }}' then mrr_delta else 0 end) as {{ kind }}_mrr
            {% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("int_dunning_changes") }}
    group by metric_month
),

closes as (
    select
        metric_month,
        sum(at_risk_mrr) as at_risk_mrr,
        count(distinct customer_id) as customers
    from {{ ref("int_dunning_closes") }}
    group by metric_month
),

case_events as (
    select
        {{ month_of("fell_due_on") }} as metric_month,
        'entered' as case_event,
        customer_id,
        days_at_risk
    from {{ ref("int_dunning_cases") }}
    union all
    select
        {{ month_of("ended_on") }} as metric_month,
        outcome as case_event,
        customer_id,
        days_at_risk
    from {{ ref("int_dunning_cases") }}
    where ended_on is not null
),

counts as (
    select
        metric_month,
        {% for event in ["entered"] + outcomes %}
            sum(case when case_event = '{{ event }}' then 1 else 0 end)
                as {{ event }}_subscriptions,
            count(distinct case when case_event = '{{ event }}' then customer_id end)
                as {{ event }}_customers{% if not loop.last %},{% endif %}
        {% endfor %}
    from case_events
    group by metric_month
),

-- The one or two recoveries in the middle, by their days.
ranked as (
    select
        metric_month,
        days_at_risk,
        row_number() over (partition by metric_month order by days_at_risk) as place,
        count(*) over (partition by metric_month) as recoveries
    from case_events
    where case_event = 'recovered'
),

medians as (
    select
        metric_month,
        {{ ratio("sum(days_at_risk)", "count(*)") }} as median_days_to_recovery
    from ranked
    where 2 * place between recoveries and recoveries + 2
    group by metric_month
),

-- A failed charge moved no money, so its rate may be missing; its amount is then unknown.
charges as (
    select
        metric_month,
        {% for event, status in [("failed", "failed"), ("recovered", "succeeded")] %}
            sum(case when status = '{{ status }}' then 1 else 0 end) as {{ event }}_charges,
            sum(case when status = '{{ status }}' then reporting_amount else 0 end)
                as {{ event }}_charges_amount,
        {% endfor %}
        sum(case when reporting_amount is null then 1 else 0 end) as charges_without_rate
    from {{ ref("int_dunning_charges") }}
    group by metric_month
),

sources as (
    select count(*) as payments
    from {{ ref("int_payments") }}
),

joined as (
    select
        months.metric_month,
        months.currency,
        months.is_closed,
        months.policy,
        months.policy_version,
        {{ amount("coalesce(closes.at_risk_mrr, 0)") }} as closing_at_risk_mrr,
        {% for kind in kinds %}
            {{ amount("coalesce(changes." ~ kind ~ "_mrr, 0)") }} as {{ kind }}_mrr,
        {% endfor %}
        {% for event in ["entered"] + outcomes %}
            cast(coalesce(counts.{{ event }}_subscriptions, 0) as integer)
                as {{ event }}_subscriptions,
            cast(coalesce(counts.{{ event }}_customers, 0) as integer) as {{ event }}_customers,
        {% endfor %}
        cast(coalesce(closes.customers, 0) as integer) as closing_at_risk_customers,
        medians.median_days_to_recovery,
        {% for event in ["failed", "recovered"] %}
            case
                when sources.payments > 0
                    then cast(coalesce(charges.{{ event }}_charges, 0) as integer)
            end as {{ event }}_charges,
            case
                when sources.payments > 0 and coalesce(charges.charges_without_rate, 0) = 0
                    then {{ amount("coalesce(charges." ~ event ~ "_charges_amount, 0)") }}
            end as {{ event }}_charges_amount{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("int_segment_months") }} as months
    cross join sources
    left join closes on months.metric_month = closes.metric_month
    left join changes on months.metric_month = changes.metric_month
    left join counts on months.metric_month = counts.metric_month
    left join medians on months.metric_month = medians.metric_month
    left join charges on months.metric_month = charges.metric_month
    where months.segment_kind = 'all'
),

accumulated as (
    select
        *,
        coalesce(lag(closing_at_risk_mrr) over (order by metric_month), 0) as opening_mrr,
        lag(closing_at_risk_customers) over (order by metric_month) as opening_customers,
        cast(
            sum(
                entered_subscriptions - recovered_subscriptions - lost_subscriptions
                - otherwise_ended_subscriptions
            ) over (order by metric_month) as integer
        ) as closing_at_risk_subscriptions
    from joined
)

select
    metric_month,
    currency,
    {{ amount("opening_mrr") }} as opening_at_risk_mrr,
    entered_mrr,
    changed_mrr,
    {{ amount("-recovered_mrr") }} as recovered_mrr,
    {{ amount("-lost_mrr") }} as lost_mrr,
    {{ amount("-otherwise_ended_mrr") }} as otherwise_ended_mrr,
    {{ amount(
        "closing_at_risk_mrr - opening_mrr - entered_mrr - changed_mrr - recovered_mrr - lost_mrr"
        ~ " - otherwise_ended_mrr"
    ) }} as fx_mrr,
    closing_at_risk_mrr,
    closing_at_risk_subscriptions - entered_subscriptions + recovered_subscriptions
    + lost_subscriptions + otherwise_ended_subscriptions as opening_at_risk_subscriptions,
    entered_subscriptions,
    recovered_subscriptions,
    lost_subscriptions,
    otherwise_ended_subscriptions,
    closing_at_risk_subscriptions,
    coalesce(opening_customers, 0) as opening_at_risk_customers,
    entered_customers,
    recovered_customers,
    lost_customers,
    otherwise_ended_customers,
    closing_at_risk_customers,
    {{ ratio("-recovered_mrr", "-recovered_mrr - lost_mrr") }} as mrr_recovery_rate,
    {{ ratio("recovered_subscriptions", "recovered_subscriptions + lost_subscriptions") }}
        as subscription_recovery_rate,
    median_days_to_recovery,
    failed_charges,
    failed_charges_amount,
    recovered_charges,
    recovered_charges_amount,
    is_closed,
    policy,
    policy_version
from accumulated
order by metric_month
