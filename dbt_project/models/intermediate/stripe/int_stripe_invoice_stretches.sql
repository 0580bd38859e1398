-- When only invoices tell what a subscription was: before its events were read, and where some of
-- them were missed.
with known as (
    select
        subscription_id,
        stretch,
        min(starts_at) as starts_at,
        max(ends_at) as ends_at
    from {{ ref("int_stripe_subscription_snapshots") }}
    group by subscription_id, stretch
),

before_known as (
    select
        subscription_id,
        coalesce(
            lag(ends_at) over (partition by subscription_id order by starts_at),
            timestamp '1900-01-01 00:00:00'
        ) as starts_at,
        starts_at as ends_at
    from known
),

after_known as (
    select
        subscription_id,
        max(ends_at) as starts_at,
        timestamp '9999-12-31 00:00:00' as ends_at
    from known
    group by subscription_id
)

select
    subscription_id,
    starts_at,
    ends_at
from before_known
where starts_at < ends_at
union all
select
    subscription_id,
    starts_at,
    ends_at
from after_known
where starts_at < ends_at
union all
select
    subscriptions.subscription_id,
    timestamp '1900-01-01 00:00:00' as starts_at,
    timestamp '9999-12-31 00:00:00' as ends_at
from {{ ref("stg_stripe__subscriptions") }} as subscriptions
left join known
    on subscriptions.subscription_id = known.subscription_id
where known.subscription_id is null
