-- The status of each subscription over its life as its invoices tell it: not complete while its
-- very first charge failed; on trial; past due from the first charge that failed (on invoice terms
-- from the due date) until an invoice is paid; and paused while its service periods were not
-- collected, or not billed at all.
with subscriptions as (
    select *
    from {{ ref("stg_stripe__subscriptions") }}
    where status not in ('incomplete', 'incomplete_expired')
),

collected as (
    select
        invoices.subscription_id,
        charges.created_at as changed_at,
        'past_due' as status
    from {{ ref("int_stripe_invoice_charges") }} as charges
    inner join {{ ref("stg_stripe__invoices") }} as invoices
        on charges.invoice_id = invoices.invoice_id
    where charges.status = 'failed' and invoices.billing_reason <> 'subscription_create'
    union all
    select
        subscription_id,
        due_at as changed_at,
        'past_due' as status
    from {{ ref("stg_stripe__invoices") }}
    where
        collection_method = 'send_invoice'
        and due_at < {{ as_of() }}
        and status in ('open', 'paid', 'uncollectible')
        and coalesce(paid_at, given_up_at, {{ as_of() }}) > due_at
    union all
    select
        subscription_id,
        paid_at as changed_at,
        'active' as status
    from {{ ref("stg_stripe__invoices") }}
    where paid_at is not null and amount_due_minor > 0
),

failed_first as (
    select distinct invoices.subscription_id
    from {{ ref("int_stripe_invoice_charges") }} as charges
    inner join {{ ref("stg_stripe__invoices") }} as invoices
        on charges.invoice_id = invoices.invoice_id
    where charges.status = 'failed' and invoices.billing_reason = 'subscription_create'
),

-- Two strands of changes: of the status, and of whether what is served is collected.
changes as (
    select
        subscriptions.subscription_id,
        subscriptions.started_at as changed_at,
        case when failed_first.subscription_id is null then 'active' else 'incomplete' end
            as status,
        0 as is_paused,
        0 as precedence
    from subscriptions
    left join failed_first
        on subscriptions.subscription_id = failed_first.subscription_id
    union all
    select
        subscription_id,
        trial_started_at as changed_at,
        'trialing' as status,
        cast(null as integer) as is_paused,
        1 as precedence
    from subscriptions
    where trial_started_at is not null
    union all
    select
        subscription_id,
        trial_ends_at as changed_at,
        'active' as status,
        cast(null as integer) as is_paused,
        1 as precedence
    from subscriptions
    where trial_ends_at is not null
    union all
    select
        collected.subscription_id,
        collected.changed_at,
        collected.status,
        cast(null as integer) as is_paused,
        case when collected.status = 'active' then 3 else 2 end as precedence
    from collected
    inner join subscriptions
        on collected.subscription_id = subscriptions.subscription_id
    where
        subscriptions.trial_ends_at is null
        or collected.changed_at < subscriptions.trial_started_at
        or collected.changed_at >= subscriptions.trial_ends_at
    union all
    select
        subscription_id,
        starts_at as changed_at,
        cast(null as text) as status,
        min(case when is_given_up then 1 else 0 end) as is_paused,
        4 as precedence
    from {{ ref("int_stripe_service_periods") }}
    where not is_metered
    group by subscription_id, starts_at
    union all
    select distinct
        subscription_id,
        given_up_at as changed_at,
        cast(null as text) as status,
        1 as is_paused,
        4 as precedence
    from {{ ref("int_stripe_service_periods") }}
    where not is_metered and not is_given_up and given_up_at < ends_at and given_up_at > starts_at
    union all
    select
        subscriptions.subscription_id,
        reach.reached_at as changed_at,
        cast(null as text) as status,
        1 as is_paused,
        5 as precedence
    from subscriptions
    inner join {{ ref("int_stripe_subscription_reach") }} as reach
        on subscriptions.subscription_id = reach.subscription_id
    where
        reach.reached_at < coalesce(subscriptions.ended_at, {{ as_of() }})
        and subscriptions.status in ('paused', 'canceled')
),

numbered as (
    select
        *,
        row_number() over (
            partition by subscription_id order by changed_at, precedence, status, is_paused
        ) as place
    from changes
),

grouped as (
    select
        *,
        count(status) over (
            partition by subscription_id
            order by place
            rows between unbounded preceding and current row
        ) as status_group,
        count(is_paused) over (
            partition by subscription_id
            order by place
            rows between unbounded preceding and current row
        ) as pause_group,
        lead(changed_at) over (partition by subscription_id order by place) as next_changed_at
    from numbered
),

carried as (
    select
        *,
        max(status) over (partition by subscription_id, status_group) as carried_status,
        max(is_paused) over (partition by subscription_id, pause_group) as carried_pause
    from grouped
)

select
    subscription_id,
    case when carried_pause = 1 then 'paused' else carried_status end as status,
    changed_at as starts_at,
    coalesce(next_changed_at, timestamp '9999-12-31 00:00:00') as ends_at
from carried
where next_changed_at is null or changed_at < next_changed_at
