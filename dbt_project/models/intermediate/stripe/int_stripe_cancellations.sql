-- What each subscription's end is or was scheduled for, from one withdrawal of a request to the
-- next. Only events tell of one that was withdrawn.
with compared as (
    select
        *,
        lag(cancel_requested_at) over w as requested_before,
        lag(cancel_scheduled_for) over w as scheduled_before
    from {{ ref("int_stripe_subscription_snapshots") }}
    window w as (partition by subscription_id order by starts_at)
),

withdrawn as (
    select
        subscription_id,
        requested_before as cancel_requested_at,
        scheduled_before as cancel_scheduled_for,
        starts_at as withdrawn_at
    from compared
    where cancel_scheduled_for is null and scheduled_before is not null and status <> 'canceled'
),

ordered as (
    select
        subscription_id,
        cancel_requested_at,
        cancel_scheduled_for,
        withdrawn_at
    from withdrawn
    union all
    select
        subscription_id,
        cancel_requested_at,
        cancel_scheduled_for,
        timestamp '9999-12-31 00:00:00' as withdrawn_at
    from {{ ref("stg_stripe__subscriptions") }}
)

select
    subscription_id,
    cancel_requested_at,
    cancel_scheduled_for,
    coalesce(
        lag(withdrawn_at) over (partition by subscription_id order by withdrawn_at),
        timestamp '1900-01-01 00:00:00'
    ) as starts_at,
    withdrawn_at as ends_at
from ordered
