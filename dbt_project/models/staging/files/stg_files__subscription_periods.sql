with source as (
    {{ current_file_rows("subscription_periods") }}
)

select
    ---------- ids
    record_id as subscription_period_id,
    subscription_id,
    coalesce(item_id, '') as item_id,
    customer_id,
    plan as plan_id,

    ---------- strings
    {{ adapter.quote("interval") }} as billing_interval,
    currency,
    coalesce(status, 'active') as status,
    coalesce(discount_duration, 'forever') as discount_duration,
    lower(replace(replace(trim(end_reason), ' ', '_'), '-', '_')) as end_reason,

    ---------- numerics
    coalesce(interval_count, 1) as interval_count,
    {{ amount("coalesce(quantity, 1)") }} as quantity,
    {{ amount("unit_amount") }} as unit_amount,
    {{ amount("coalesce(discount_percent, 0)") }} as discount_percent,
    {{ amount("coalesce(discount_amount, 0)") }} as discount_amount,

    ---------- booleans
    coalesce(is_metered, false) as is_metered,
    coalesce(is_recurring, true) as is_recurring,
    column_names like '%"cancel_requested_at"%' as has_cancellation_requests,

    ---------- timestamps
    {{ to_utc("started_at") }} as started_at,
    coalesce({{ to_utc("ended_at") }}, timestamp '9999-12-31 00:00:00') as ended_at,
    {{ to_utc("cancel_requested_at") }} as cancel_requested_at,
    {{ to_utc("cancel_scheduled_for") }} as cancel_scheduled_for
from source
