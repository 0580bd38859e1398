-- The KPIs of every segment and month, from the segment's first movement on. kpis_monthly is the
-- segment of the whole company, so that total and parts are one computation.
{% set amounts = [
    "new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "reactivation_mrr", "fx_mrr",
    "transferred_in_mrr", "transferred_out_mrr", "involuntary_churn_mrr",
] %}
{% set counts = [
    "new_customers", "reactivated_customers", "resumed_customers", "transferred_in_customers",
    "paused_customers", "churned_customers", "transferred_out_customers",
    "churned_while_paused_customers",
] %}
{% set balances = [
    "mrr_constant", "past_due_mrr", "pipeline_mrr", "committed_mrr",
] %}

with segments as (
    select
        segment_kind,
        segment_value,
        min(metric_month) as first_month
    from {{ ref("int_segment_days") }}
    group by segment_kind, segment_value
),

grid as (
    select
        segment_kind,
        segment_value,
        {{ each_month("first_month", month_of(last_day())) }} as metric_month
    from segments
),

movements as (
    select
        segment_kind,
        segment_value,
        metric_month,
        {% for column in amounts + counts %}
            sum({{ column }}) as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("int_segment_days") }}
    group by segment_kind, segment_value, metric_month
),

closes as (
    select
        segment_kind,
        segment_value,
        metric_month,
        {% for column in balances %}
            sum({{ column }}) as {{ column }},
        {% endfor %}
        min(schedule_known) as schedule_known
    from {{ ref("int_segment_customer_months") }}
    group by segment_kind, segment_value, metric_month
),

joined as (
    select
        grid.segment_kind,
        grid.segment_value,
        grid.metric_month,
        months.is_closed,
        {% for column in amounts %}
            {{ amount("coalesce(movements." ~ column ~ ", 0)") }} as {{ column }},
        {% endfor %}
        {% for column in counts %}
            cast(coalesce(movements.{{ column }}, 0) as integer) as {{ column }},
        {% endfor %}
        {% for column in balances %}
            {{ amount("coalesce(closes." ~ column ~ ", 0)") }} as {{ column }},
        {% endfor %}
        coalesce(closes.schedule_known, 1) = 1 as is_schedule_known,
        {% for column in ["collected_amount", "refunded_amount"] %}
            case
                when grid.segment_kind in ('plan', 'interval') then null
                else {{ amount("coalesce(cash." ~ column ~ ", 0)") }}
            end as {{ column }},
        {% endfor %}
        coalesce(retention.base_customers, 0) as base_customers,
        cast(coalesce(retention.churned_of_opening, 0) as integer) as churned_of_opening,
        retention.mrr_then,
        retention.mrr_now,
        retention.mrr_kept,
        case when year_ago.metric_month is not null then retention.year_mrr_then end
            as year_mrr_then,
        retention.year_mrr_now,
        retention.year_mrr_kept,
        coalesce(retention.lost_mrr, 0) as base_lost_mrr,
        coalesce(retention.expansion_mrr, 0) as base_expansion_mrr,
        policy.policy,
        policy.policy_version,
        policy.gross_margin,
        policy.quick_ratio_counts_reactivation
    from grid
    inner join {{ ref("int_months") }} as months
        on grid.metric_month = months.metric_month
    left join movements
        on
            grid.segment_kind = movements.segment_kind
            and grid.segment_value = movements.segment_value
            and grid.metric_month = movements.metric_month
    left join closes
        on
            grid.segment_kind = closes.segment_kind
            and grid.segment_value = closes.segment_value
            and grid.metric_month = closes.metric_month
    left join {{ ref("int_segment_cash_months") }} as cash
        on
            grid.segment_kind = cash.segment_kind
            and grid.segment_value = cash.segment_value
            and grid.metric_month = cash.metric_month
    left join {{ ref("int_segment_retention") }} as retention
        on
            grid.segment_kind = retention.segment_kind
            and grid.segment_value = retention.segment_value
            and grid.metric_month = retention.metric_month
    left join grid as year_ago
        on
            grid.segment_kind = year_ago.segment_kind
            and grid.segment_value = year_ago.segment_value
            and months.month_a_year_before = year_ago.metric_month
    cross join {{ ref("int_policy") }} as policy
),

accumulated as (
    select
        *,
        {% set accumulate = (
            " over (partition by segment_kind, segment_value order by metric_month)"
        ) %}
        {{ amount(
            "sum(new_mrr + expansion_mrr + contraction_mrr + churned_mrr + reactivation_mrr
                + fx_mrr + transferred_in_mrr + transferred_out_mrr)" ~ accumulate
        ) }} as closing_mrr,
        cast(
            sum(
                new_customers + reactivated_customers + resumed_customers
                + transferred_in_customers - paused_customers - churned_customers
                - transferred_out_customers
            ){{ accumulate }} as integer
        ) as closing_customers,
        sum(base_customers) over (
            partition by segment_kind, segment_value
            order by metric_month
            rows between 6 preceding and 1 preceding
        ) as half_year_base,
        sum(churned_of_opening) over (
            partition by segment_kind, segment_value
            order by metric_month
            rows between 6 preceding and 1 preceding
        ) as half_year_churned,
        sum(case when is_closed then 1 else 0 end) over (
            partition by segment_kind, segment_value
            order by metric_month
            rows between 6 preceding and 1 preceding
        ) as half_year_months
    from joined
),

opened as (
    select
        *,
        {{ amount(
            "closing_mrr - new_mrr - expansion_mrr - contraction_mrr - churned_mrr
            - reactivation_mrr - fx_mrr - transferred_in_mrr - transferred_out_mrr"
        ) }} as opening_mrr,
        closing_customers - new_customers - reactivated_customers - resumed_customers
        - transferred_in_customers + paused_customers + churned_customers
        + transferred_out_customers as opening_customers,
        {{ ratio("closing_mrr", "closing_customers") }} as arpu
    from accumulated
)

select
    ---------- ids
    segment_kind,
    segment_value,
    policy,
    policy_version,

    ---------- strings
    case
        when segment_kind = 'native_currency' then segment_value else '{{ var("currency") }}'
    end as currency,

    ---------- amounts
    opening_mrr,
    new_mrr,
    expansion_mrr,
    contraction_mrr,
    churned_mrr,
    reactivation_mrr,
    fx_mrr,
    {{ amount(0) }} as restated_mrr,
    transferred_in_mrr,
    transferred_out_mrr,
    closing_mrr,
    mrr_constant as closing_mrr_constant,
    case when is_schedule_known then committed_mrr end as committed_mrr,
    past_due_mrr,
    pipeline_mrr,
    {{ amount(
        "new_mrr + expansion_mrr + contraction_mrr + churned_mrr + reactivation_mrr
        + transferred_in_mrr + transferred_out_mrr"
    ) }} as net_new_mrr,
    {{ amount("churned_mrr - involuntary_churn_mrr") }} as voluntary_churned_mrr,
    involuntary_churn_mrr as involuntary_churned_mrr,
    {{ amount("closing_mrr * 12") }} as arr,
    collected_amount,
    refunded_amount,

    ---------- counts
    opening_customers,
    new_customers,
    reactivated_customers,
    resumed_customers,
    transferred_in_customers,
    paused_customers,
    churned_customers,
    transferred_out_customers,
    churned_of_opening,
    churned_while_paused_customers,
    closing_customers,

    ---------- rates
    arpu,
    {{ ratio("new_mrr", "new_customers") }} as asp,
    {{ ratio("churned_of_opening", "base_customers") }} as customer_churn_rate,
    {{ ratio("-base_lost_mrr", "opening_mrr") }} as gross_mrr_churn_rate,
    {{ ratio("-base_lost_mrr - base_expansion_mrr - reactivation_mrr", "opening_mrr") }}
        as net_mrr_churn_rate,
    {{ ratio("mrr_now", "mrr_then") }} as nrr,
    {{ ratio("mrr_kept", "mrr_then") }} as grr,
    {{ ratio("year_mrr_now", "year_mrr_then") }} as nrr_ttm,
    {{ ratio("year_mrr_kept", "year_mrr_then") }} as grr_ttm,
    {{ ratio(
        "new_mrr + expansion_mrr
        + case when quick_ratio_counts_reactivation then reactivation_mrr else 0 end",
        "-contraction_mrr - churned_mrr"
    ) }} as quick_ratio,
    case
        when half_year_months = 6
            then
                {{ ratio(
                    amount("closing_mrr * gross_margin") ~ " * half_year_base",
                    "closing_customers * half_year_churned"
                ) }}
    end as cltv_formula,

    ---------- booleans
    is_closed,

    ---------- dates
    metric_month
from opened
