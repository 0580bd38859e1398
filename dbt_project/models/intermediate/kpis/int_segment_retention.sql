-- For each segment and month, what became of those who were there when it opened, and when the
-- month a year before closed. Both are at the earlier close's rates: currencies do not count.
with closes as (
    select
        statuses.segment_kind,
        statuses.segment_value,
        statuses.customer_id,
        statuses.metric_month,
        months.next_month,
        {{ add_months("statuses.metric_month", 12) }} as month_a_year_after,
        statuses.mrr,
        statuses.mrr_at_previous_rates,
        statuses.mrr_at_year_before_rates,
        case when statuses.is_paying = 1 or statuses.is_paused = 1 then 1 else 0 end as is_active
    from {{ ref("int_segment_customer_months") }} as statuses
    inner join {{ ref("int_months") }} as months
        on statuses.metric_month = months.metric_month
),

{% for span, later_month, later_mrr in [
    ("month", "next_month", "mrr_at_previous_rates"),
    ("year", "month_a_year_after", "mrr_at_year_before_rates"),
] %}
    {{ span }}_sides as (
        select
            segment_kind,
            segment_value,
            customer_id,
            {{ later_month }} as metric_month,
            mrr as mrr_then,
            0 as mrr_now,
            is_active as active_then,
            0 as active_now
        from closes
        union all
        select
            segment_kind,
            segment_value,
            customer_id,
            metric_month,
            0 as mrr_then,
            {{ later_mrr }} as mrr_now,
            0 as active_then,
            is_active as active_now
        from closes
    ),

    {{ span }}_customers as (
        select
            segment_kind,
            segment_value,
            customer_id,
            metric_month,
            sum(mrr_then) as mrr_then,
            sum(mrr_now) as mrr_now,
            max(active_then) as active_then,
            max(active_now) as active_now
        from {{ span }}_sides
        group by segment_kind, segment_value, customer_id, metric_month
    ),
{% endfor %}

within_month as (
    select
        segment_kind,
        segment_value,
        metric_month,
        sum(mrr_then) as mrr_then,
        sum(case when mrr_then > 0 then mrr_now else 0 end) as mrr_now,
        sum(least(mrr_then, mrr_now)) as mrr_kept,
        sum(active_then) as base_customers,
        sum(case when active_then = 1 and active_now = 0 then 1 else 0 end) as churned_of_opening
    from month_customers
    group by segment_kind, segment_value, metric_month
),

within_year as (
    select
        segment_kind,
        segment_value,
        metric_month,
        sum(mrr_then) as mrr_then,
        sum(case when mrr_then > 0 then mrr_now else 0 end) as mrr_now,
        sum(least(mrr_then, mrr_now)) as mrr_kept
    from year_customers
    group by segment_kind, segment_value, metric_month
),

-- What customers of the opening base did within the month.
base_movements as (
    select
        days.segment_kind,
        days.segment_value,
        days.metric_month,
        sum(days.churned_mrr + days.contraction_mrr) as lost_mrr,
        sum(days.expansion_mrr) as expansion_mrr
    from {{ ref("int_segment_days") }} as days
    inner join closes
        on
            days.segment_kind = closes.segment_kind
            and days.segment_value = closes.segment_value
            and days.customer_id = closes.customer_id
            and days.metric_month = closes.next_month
    where closes.is_active = 1
    group by days.segment_kind, days.segment_value, days.metric_month
)

select
    within_month.segment_kind,
    within_month.segment_value,
    within_month.metric_month,
    within_month.mrr_then,
    within_month.mrr_now,
    within_month.mrr_kept,
    within_month.base_customers,
    within_month.churned_of_opening,
    within_year.mrr_then as year_mrr_then,
    within_year.mrr_now as year_mrr_now,
    within_year.mrr_kept as year_mrr_kept,
    base_movements.lost_mrr,
    base_movements.expansion_mrr
from within_month
left join within_year
    on
        within_month.segment_kind = within_year.segment_kind
        and within_month.segment_value = within_year.segment_value
        and within_month.metric_month = within_year.metric_month
left join base_movements
    on
        within_month.segment_kind = base_movements.segment_kind
        and within_month.segment_value = base_movements.segment_value
        and within_month.metric_month = base_movements.metric_month
