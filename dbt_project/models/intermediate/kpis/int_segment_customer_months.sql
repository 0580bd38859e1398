-- What each customer stood at in each segment when each month closed, in the reporting currency (in
-- segments of a currency: in that currency).
with items_by_segment as (
    {% for segment in segment_kinds() %}
        {% set is_native = segment.kind == "native_currency" %}
        select
            '{{ segment.kind }}' as segment_kind,
            coalesce({{ segment.value }}, 'unknown') as segment_value,
            facts.customer_id,
            facts.metric_month,
            facts.currency,
            facts.mrr,
            facts.past_due_mrr,
            facts.pipeline_mrr,
            facts.committed_mrr,
            facts.is_schedule_known,
            facts.is_paused,
            {% for rate in [
                "rate", "previous_close_rate", "year_before_close_rate", "constant_rate"
            ] %}
                {{ amount(1) if is_native else "facts." ~ rate }} as {{ rate }}
                {% if not loop.last %},{% endif %}
            {% endfor %}
        from {{ ref("int_subscription_item_months") }} as facts
        {% if segment.of == "customer" and segment.kind != "all" %}
            inner join {{ ref("int_customers") }} as customers
                on facts.customer_id = customers.customer_id
        {% endif %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

positions as (
    select
        segment_kind,
        segment_value,
        customer_id,
        metric_month,
        currency,
        rate,
        previous_close_rate,
        year_before_close_rate,
        constant_rate,
        {{ amount("sum(mrr)") }} as mrr,
        {{ amount("sum(past_due_mrr)") }} as past_due_mrr,
        {{ amount("sum(pipeline_mrr)") }} as pipeline_mrr,
        {{ amount("sum(committed_mrr)") }} as committed_mrr,
        min(case when is_schedule_known then 1 else 0 end) as schedule_known,
        max(case when is_paused then 1 else 0 end) as item_paused
    from items_by_segment
    group by
        segment_kind,
        segment_value,
        customer_id,
        metric_month,
        currency,
        rate,
        previous_close_rate,
        year_before_close_rate,
        constant_rate
),

valued as (
    select
        segment_kind,
        segment_value,
        customer_id,
        metric_month,
        sum({{ amount("mrr * rate") }}) as mrr,
        sum({{ amount("mrr * previous_close_rate") }}) as mrr_at_previous_rates,
        sum({{ amount("mrr * year_before_close_rate") }}) as mrr_at_year_before_rates,
        sum({{ amount("mrr * constant_rate") }}) as mrr_constant,
        sum({{ amount("past_due_mrr * rate") }}) as past_due_mrr,
        sum({{ amount("pipeline_mrr * rate") }}) as pipeline_mrr,
        sum({{ amount("committed_mrr * rate") }}) as committed_mrr,
        min(schedule_known) as schedule_known,
        max(case when mrr > 0 then 1 else 0 end) as is_paying,
        max(item_paused) as item_paused
    from positions
    group by segment_kind, segment_value, customer_id, metric_month
)

select
    valued.*,
    case
        when valued.is_paying = 0 and valued.item_paused = 1 and months.customer_status = 'paused'
            then 1
        else 0
    end as is_paused
from valued
left join {{ ref("int_customer_months") }} as months
    on
        valued.customer_id = months.customer_id
        and valued.metric_month = months.metric_month
