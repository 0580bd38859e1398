-- One row for each customer and day on which an item changed: whether the customer pays, is paused
-- or has left at the day's end, and what kind of change that is. Amounts of several currencies may
-- be added here, because only whether they are 0 is asked.
with days as (
    select
        customer_id,
        changed_on,
        sum(after_mrr - before_mrr) as native_delta,
        sum(after_paused - before_paused) as paused_delta,
        sum(after_pause_requested - before_pause_requested) as requested_delta
    from {{ ref("int_mrr_item_changes") }}
    group by customer_id, changed_on
),

running as (
    select
        customer_id,
        changed_on,
        sum(native_delta) over (partition by customer_id order by changed_on) - native_delta
            as native_before,
        sum(requested_delta) over (partition by customer_id order by changed_on)
            as requested_items,
        sum(native_delta) over (partition by customer_id order by changed_on) as native_after,
        sum(paused_delta) over (partition by customer_id order by changed_on) as paused_items
    from days
),

-- Days without MRR that follow the same paying day share its number; 0 is before the first.
stretches as (
    select
        *,
        sum(case when native_after > 0 then 1 else 0 end) over (
            partition by customer_id order by changed_on
        ) as paying_days
    from running
),

pauses as (
    select
        *,
        min(case when native_after = 0 and paused_items = 0 then changed_on end) over (
            partition by customer_id, paying_days
        ) as left_on,
        max(
            case
                when native_before > 0 and native_after = 0
                    then case when requested_items > 0 then 'paused' else 'discount' end
            end
        ) over (partition by customer_id, paying_days) as pause_reason
    from stretches
),

preceded as (
    select
        *,
        lag(left_on) over (partition by customer_id order by changed_on) as left_on_before,
        lag(pause_reason) over (partition by customer_id order by changed_on)
            as pause_reason_before,
        lag(paying_days) over (partition by customer_id order by changed_on) as paying_days_before,
        lead(changed_on) over (partition by customer_id order by changed_on) as next_changed_on
    from pauses
),

classified as (
    select
        *,
        case
            when native_before = 0 and native_after > 0
                then
                    case
                        when coalesce(paying_days_before, 0) = 0 then 'new'
                        when left_on_before is null then 'resumed'
                        else 'reactivation'
                    end
            when native_before > 0 and native_after = 0
                then case when paused_items > 0 then 'paused' else 'churn' end
            when native_before = 0 and paying_days > 0 and changed_on = left_on
                then 'churn_while_paused'
            when native_before > 0 then 'change'
            else 'none'
        end as change_kind,
        case
            when native_after > 0 then 'paying'
            when paying_days = 0 then 'not_yet_paying'
            when left_on is null or changed_on < left_on then 'paused'
            else 'churned'
        end as customer_status
    from preceded
)

select
    customer_id,
    changed_on,
    next_changed_on,
    change_kind,
    case change_kind
        when 'paused' then pause_reason
        when 'resumed'
            then case pause_reason_before when 'paused' then 'resumed' else 'discount' end
    end as customer_reason,
    customer_status
from classified
