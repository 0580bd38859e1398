-- Cash of each segment and month. A payment names no plan or interval, so those segments know none.
with cash_by_segment as (
    {% for segment in segment_kinds() if segment.kind not in ["plan", "interval"] %}
        {% set is_native = segment.kind == "native_currency" %}
        select
            '{{ segment.kind }}' as segment_kind,
            coalesce({{ segment.value }}, 'unknown') as segment_value,
            facts.metric_month,
            facts.kind,
            {{ "facts.amount" if is_native else "facts.reporting_amount" }} as amount
        from {{ ref("int_payments_valued") }} as facts
        {% if segment.of == "customer" and segment.kind != "all" %}
            inner join {{ ref("int_customers") }} as customers
                on facts.customer_id = customers.customer_id
        {% endif %}
        where facts.status = 'succeeded'
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    segment_kind,
    segment_value,
    metric_month,
    sum(case when kind = 'charge' then amount else 0 end) as collected_amount,
    sum(case when kind = 'refund' then amount else 0 end) as refunded_amount
from cash_by_segment
group by segment_kind, segment_value, metric_month
