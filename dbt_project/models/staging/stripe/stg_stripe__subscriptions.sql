with source as (
    {{ current_stripe_rows("subscriptions") }}
)

select
    ---------- ids
    id as subscription_id,
    'stripe_' || customer_id as customer_id,

    ---------- strings
    status,
    case
        when {{ json_text("payload", "cancellation_details.reason") }} = 'payment_failed'
            then 'payment_failed'
        else
            coalesce(
                {{ json_text("payload", "cancellation_details.feedback") }}, 'customer_cancelled'
            )
    end as end_reason,

    ---------- booleans
    {{ json_text("payload", "pause_collection.behavior") }} is not null as is_collection_paused,

    ---------- timestamps
    {{ json_instant("payload", "start_date") }} as started_at,
    {{ json_instant("payload", "trial_start") }} as trial_started_at,
    {{ json_instant("payload", "trial_end") }} as trial_ends_at,
    {{ json_instant("payload", "canceled_at") }} as cancel_requested_at,
    {{ json_instant("payload", "cancel_at") }} as cancel_scheduled_for,
    {{ json_instant("payload", "ended_at") }} as ended_at
from source
