-- What each customer's MRR did in each segment on each day. Among segments of items, a switch from
-- one to another is a transfer; the segment of a currency counts native amounts.
with legs_by_segment as (
    {% for segment in segment_kinds() %}
        {% set is_native = segment.kind == "native_currency" %}
        select
            '{{ segment.kind }}' as segment_kind,
            coalesce({{ segment.value }}, 'unknown') as segment_value,
            facts.customer_id,
            facts.changed_on,
            facts.change_kind,
            {% if segment.of == "item" %}
                case
                    when facts.movement_type is null or facts.is_switch then 'switch'
                    else facts.movement_type
                end as movement_type,
            {% else %}
                facts.movement_type,
            {% endif %}
            movements.reason as movement_reason,
            facts.native_delta,
            {{ "facts.native_delta" if is_native else "facts.mrr_delta" }} as mrr_delta
        from {{ ref("int_mrr_legs") }} as facts
        left join {{ ref("int_mrr_movements") }} as movements
            on facts.movement_id = movements.movement_id
        {% if segment.of == "customer" and segment.kind != "all" %}
            inner join {{ ref("int_customers") }} as customers
                on facts.customer_id = customers.customer_id
        {% endif %}
        {% if is_native %}
            where facts.movement_type is null or facts.movement_type <> 'fx'
        {% elif segment.of == "customer" %}
            where facts.movement_type is not null
        {% endif %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

days as (
    select
        segment_kind,
        segment_value,
        customer_id,
        changed_on,
        max(case when movement_type <> 'fx' then change_kind end) as change_kind,
        sum(native_delta) as native_delta,
        {% for type in ["new", "churn", "reactivation", "fx"] %}
            sum(case when movement_type = '{{ type }}' then mrr_delta else 0 end)
                as {{ type }}_mrr,
        {% endfor %}
        sum(
            case
                when movement_type = 'churn' and movement_reason = 'involuntary' then mrr_delta
                else 0
            end
        ) as involuntary_churn_mrr,
        sum(case when movement_type in ('expansion', 'contraction') then mrr_delta else 0 end)
            as changed_mrr,
        sum(case when movement_type = 'switch' then mrr_delta else 0 end) as switched_mrr,
        max(case when movement_type = 'switch' then 1 else 0 end) as has_switch
    from legs_by_segment
    group by segment_kind, segment_value, customer_id, changed_on
),

running as (
    select
        *,
        -- A switch within one segment is its expansion or contraction.
        sum(has_switch) over (partition by segment_kind, customer_id, changed_on) > 1
            as is_transfer,
        sum(native_delta) over (
            partition by segment_kind, segment_value, customer_id order by changed_on
        ) as native_after
    from days
),

positioned as (
    select
        *,
        case when is_transfer then switched_mrr else 0 end as transferred_mrr,
        case when is_transfer then changed_mrr else changed_mrr + switched_mrr end
            as kept_delta_mrr,
        native_after - native_delta = 0 and native_after > 0 as has_entered,
        native_after - native_delta > 0 and native_after = 0 as has_left
    from running
)

select
    segment_kind,
    segment_value,
    customer_id,
    changed_on,
    {{ month_of("changed_on") }} as metric_month,
    new_mrr,
    case when kept_delta_mrr > 0 then kept_delta_mrr else 0 end as expansion_mrr,
    case when kept_delta_mrr < 0 then kept_delta_mrr else 0 end as contraction_mrr,
    churn_mrr as churned_mrr,
    involuntary_churn_mrr,
    reactivation_mrr,
    fx_mrr,
    case when transferred_mrr > 0 then transferred_mrr else 0 end as transferred_in_mrr,
    case when transferred_mrr < 0 then transferred_mrr else 0 end as transferred_out_mrr,
    case when has_entered and change_kind = 'new' then 1 else 0 end as new_customers,
    case when has_entered and change_kind = 'reactivation' then 1 else 0 end
        as reactivated_customers,
    case when has_entered and change_kind = 'resumed' then 1 else 0 end as resumed_customers,
    case when has_entered and change_kind = 'change' then 1 else 0 end as transferred_in_customers,
    case when has_left and change_kind = 'paused' then 1 else 0 end as paused_customers,
    case when has_left and change_kind = 'churn' then 1 else 0 end as churned_customers,
    case when has_left and change_kind = 'change' then 1 else 0 end as transferred_out_customers,
    case when change_kind = 'churn_while_paused' then 1 else 0 end
        as churned_while_paused_customers
from positioned
