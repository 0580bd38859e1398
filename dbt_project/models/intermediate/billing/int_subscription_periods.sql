-- The canonical stretches of subscription items, of every biller: what stood, from which day of the
-- reporting zone to which (exclusive), as known at as_of. One that covers no day's end is out.
with periods as (
    select
        'files' as provider,
        'state' as basis,
        subscription_period_id,
        subscription_id,
        item_id,
        customer_id as account_id,
        plan_id,
        billing_interval,
        currency,
        status,
        discount_duration,
        end_reason,
        interval_count,
        quantity,
        unit_amount,
        discount_percent,
        discount_amount,
        is_metered,
        is_recurring,
        has_cancellation_requests,
        started_at,
        ended_at,
        cancel_requested_at,
        cancel_scheduled_for
    from {{ ref("stg_files__subscription_periods") }}
    where started_at < {{ as_of() }}
    union all
    select
        'stripe' as provider,
        basis,
        subscription_period_id,
        subscription_id,
        item_id,
        customer_id as account_id,
        plan_id,
        billing_interval,
        currency,
        status,
        discount_duration,
        end_reason,
        interval_count,
        quantity,
        unit_amount,
        discount_percent,
        discount_amount,
        is_metered,
        is_recurring,
        has_cancellation_requests,
        started_at,
        ended_at,
        cancel_requested_at,
        cancel_scheduled_for
    from {{ ref("int_stripe_subscription_periods") }}
    where started_at < {{ as_of() }}
),

bounded as (
    select
        periods.*,
        coalesce(accounts.customer_id, periods.account_id) as customer_id,
        {{ local_date("periods.started_at") }} as started_on,
        periods.ended_at >= {{ as_of() }} as is_running,
        case
            when periods.ended_at >= {{ as_of() }} then {{ add_days(last_day(), 1) }}
            else {{ local_date("periods.ended_at") }}
        end as ended_on
    from periods
    left join {{ ref("int_customer_accounts") }} as accounts
        on
            periods.provider = accounts.provider
            and periods.account_id = accounts.account_id
)

select
    ---------- ids
    provider || '|' || subscription_period_id as subscription_period_id,
    provider || '|' || subscription_id || '|' || item_id as subscription_item_id,
    provider || '|' || subscription_id as subscription_key,
    provider,
    subscription_id,
    item_id,
    customer_id,
    plan_id,

    ---------- strings
    billing_interval,
    currency,
    status,
    discount_duration,
    case when not is_running then end_reason end as end_reason,
    basis,

    ---------- numerics
    interval_count,
    quantity,
    unit_amount,
    discount_percent,
    discount_amount,

    ---------- booleans
    is_metered,
    is_recurring,
    is_running,
    has_cancellation_requests,

    ---------- dates
    started_on,
    ended_on,

    ---------- timestamps
    started_at,
    case
        when cancel_requested_at < {{ as_of() }} then cancel_requested_at
    end as cancel_requested_at,
    case
        when cancel_requested_at is null or cancel_requested_at < {{ as_of() }}
            then cancel_scheduled_for
    end as cancel_scheduled_for
from bounded
where started_on < ended_on
