-- The status of each subscription over its life, from whatever tells it best.
select
    statuses.subscription_id,
    statuses.status,
    greatest(statuses.starts_at, stretches.starts_at) as starts_at,
    least(statuses.ends_at, stretches.ends_at) as ends_at
from {{ ref("int_stripe_invoiced_statuses") }} as statuses
inner join {{ ref("int_stripe_invoice_stretches") }} as stretches
    on
        statuses.subscription_id = stretches.subscription_id
        and statuses.starts_at < stretches.ends_at
        and statuses.ends_at > stretches.starts_at
union all
select
    subscription_id,
    status,
    starts_at,
    ends_at
from {{ ref("int_stripe_subscription_snapshots") }}
