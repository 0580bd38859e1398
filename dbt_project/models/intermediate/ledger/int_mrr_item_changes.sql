-- One row for each subscription item and day on which its state changed: what stood at the end of
-- the day before, what stands at the end of the day, and why.
{% set columns = [
    "plan_id", "billing_interval", "currency", "state", "end_reason", "quantity", "unit_amount",
    "mrr", "is_paused",
] %}

with sides as (
    select
        'before' as side,
        to_on as changed_on,
        *
    from {{ ref("int_subscription_states") }}
    where to_on <= {{ last_day() }}
    union all
    select
        'after' as side,
        from_on as changed_on,
        *
    from {{ ref("int_subscription_states") }}
),

changes as (
    select
        customer_id,
        subscription_item_id,
        subscription_key,
        provider,
        subscription_id,
        item_id,
        changed_on,
        max(case when side = 'before' then 1 else 0 end) = 1 as stood_before,
        max(case when side = 'after' then 1 else 0 end) = 1 as stands_after,
        {% for side in ["before", "after"] %}
            {% for column in columns %}
                {% if column == "is_paused" %}
                    coalesce(
                        max(case when side = '{{ side }}' and is_paused then 1 else 0 end), 0
                    ) as {{ side }}_paused,
                    coalesce(
                        max(
                            case
                                when side = '{{ side }}' and is_paused and state = 'paused' then 1
                                else 0
                            end
                        ),
                        0
                    ) as {{ side }}_pause_requested,
                {% elif column == "mrr" %}
                    {{ amount(
                        "coalesce(max(case when side = '" ~ side ~ "' then " ~ column ~ " end), 0)"
                    ) }} as {{ side }}_{{ column }},
                {% else %}
                    max(case when side = '{{ side }}' then {{ column }} end)
                        as {{ side }}_{{ column }},
                {% endif %}
            {% endfor %}
        {% endfor %}
        count(*) as sides
    from sides
    group by
        customer_id,
        subscription_item_id,
        subscription_key,
        provider,
        subscription_id,
        item_id,
        changed_on
),

-- What an item went through before the day.
remembered as (
    select
        *,
        {% for flag, condition in [
            ("had_mrr", "before_mrr > 0 or after_mrr > 0"),
            ("was_on_trial", "after_state = 'trialing' and after_mrr = 0"),
        ] %}
            coalesce(
                max(case when {{ condition }} then 1 else 0 end) over (
                    partition by customer_id, subscription_item_id
                    order by changed_on
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as {{ flag }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from changes
),

ended as (
    select
        remembered.*,
        involuntary_end_reasons.end_reason is not null as has_involuntary_end
    from remembered
    left join {{ ref("involuntary_end_reasons") }} as involuntary_end_reasons
        on remembered.before_end_reason = involuntary_end_reasons.end_reason
),

reasoned as (
    select
        *,
        case
            when before_mrr > 0 and after_mrr > 0 then 'edit'
            when after_mrr > 0
                then
                    case
                        when before_state = 'free_by_discount' then 'discount'
                        when before_state = 'paused' and had_mrr = 1 then 'resumed'
                        when before_state in ('active', 'past_due') then 'edit'
                        when was_on_trial = 1 and had_mrr = 0 then 'trial_converted'
                        else 'started'
                    end
            when before_mrr > 0 and stands_after
                then
                    case after_state
                        when 'paused' then 'paused'
                        when 'unpaid' then 'involuntary'
                        when 'free_by_discount' then 'discount'
                        else 'edit'
                    end
            when after_state = 'unpaid' then 'involuntary'
            when not stands_after and has_involuntary_end then 'involuntary'
            else 'voluntary'
        end as first_reason
    from ended
),

-- The last change of a subscription's MRR before the day: was it lost against the customer's will?
subscription_days as (
    select
        subscription_key,
        changed_on,
        max(case when after_mrr > 0 then 1 else 0 end) as has_mrr_after,
        max(
            case
                when before_mrr > 0 and after_mrr = 0 and first_reason = 'involuntary' then 1
                else 0
            end
        ) as has_involuntary_loss
    from reasoned
    where before_mrr > 0 or after_mrr > 0
    group by subscription_key, changed_on
),

losses as (
    select
        subscription_key,
        changed_on,
        lag(case when has_mrr_after = 0 then has_involuntary_loss else 0 end) over (
            partition by subscription_key order by changed_on
        ) as was_lost_involuntarily
    from subscription_days
),

compared as (
    select
        reasoned.*,
        coalesce(losses.was_lost_involuntarily, 0) as was_lost_involuntarily
    from reasoned
    left join losses
        on
            reasoned.subscription_key = losses.subscription_key
            and reasoned.changed_on = losses.changed_on
),

explained as (
    select
        *,
        case
            when first_reason = 'edit'
                then
                    case
                        when before_plan_id <> after_plan_id then 'plan_switch'
                        when before_quantity <> after_quantity then 'quantity'
                        when
                            before_unit_amount <> after_unit_amount
                            or before_billing_interval <> after_billing_interval
                            or before_currency <> after_currency
                            then 'price'
                        else 'discount'
                    end
            when first_reason = 'started' and was_lost_involuntarily = 1 then 'recovered'
            else first_reason
        end as item_reason
    from compared
),

-- Cancelling one item and creating another on the same day is a switch, not a churn and a new.
day_facts as (
    select
        *,
        max(case when before_mrr > 0 and not stands_after then 1 else 0 end) over (
            partition by customer_id, changed_on
        ) as has_cancelled_item,
        max(case when after_mrr > 0 and not stood_before then 1 else 0 end) over (
            partition by customer_id, changed_on
        ) as has_created_item
    from explained
)

select
    customer_id,
    subscription_item_id,
    provider,
    subscription_id,
    item_id,
    changed_on,
    before_plan_id,
    after_plan_id,
    before_billing_interval,
    after_billing_interval,
    before_currency,
    after_currency,
    before_mrr,
    after_mrr,
    before_paused,
    after_paused,
    before_pause_requested,
    after_pause_requested,
    case
        when
            has_cancelled_item = 1
            and has_created_item = 1
            and (
                (before_mrr > 0 and not stands_after)
                or (after_mrr > 0 and not stood_before)
            )
            then 'plan_switch'
        else item_reason
    end as reason
from day_facts
where
    before_mrr <> after_mrr
    or before_paused <> after_paused
    or before_pause_requested <> after_pause_requested
    or before_currency <> after_currency
    or before_plan_id <> after_plan_id
    or before_billing_interval <> after_billing_interval
