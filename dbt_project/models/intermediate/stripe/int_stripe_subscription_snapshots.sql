-- What each subscription was while its events were read: from one event to the next, and before the
-- first what that one says it was before. Where a stretch has no event of it, it was what the
-- warehouse saw.
with changes as (
    select
        changes.*,
        coverage.stretch,
        coverage.starts_at as covered_from,
        coverage.ends_at as covered_to,
        min(changes.happened_at) over (
            partition by changes.subscription_id, coverage.stretch
        ) as first_happened_at
    from {{ ref("int_stripe_subscription_changes") }} as changes
    cross join {{ ref("int_stripe_event_coverage") }} as coverage
    where
        changes.happened_at >= coverage.starts_at
        and changes.happened_at < coverage.ends_at
),

quiet as (
    select
        versions.*,
        coverage.stretch,
        coverage.starts_at as covered_from,
        coverage.ends_at as covered_to,
        row_number() over (
            partition by versions.subscription_id, coverage.stretch
            order by versions.observed_at desc, versions.load_id desc
        ) as version_age
    from {{ ref("stg_stripe__subscription_versions") }} as versions
    cross join {{ ref("int_stripe_event_coverage") }} as coverage
    left join changes
        on
            versions.subscription_id = changes.subscription_id
            and coverage.stretch = changes.stretch
            and changes.happened_at = changes.first_happened_at
    where versions.observed_at < coverage.ends_at and changes.subscription_id is null
),

moments as (
    select
        change_id,
        is_before,
        cast(null as text) as load_id,
        subscription_id,
        stretch,
        status,
        is_collection_paused,
        has_all_items,
        cancel_requested_at,
        cancel_scheduled_for,
        case when is_before then covered_from else happened_at end as from_at,
        covered_to,
        'event' as basis
    from changes
    where not is_before or happened_at = first_happened_at
    union all
    select
        cast(null as text) as change_id,
        false as is_before,
        load_id,
        subscription_id,
        stretch,
        status,
        is_collection_paused,
        true as has_all_items,
        cancel_requested_at,
        cancel_scheduled_for,
        covered_from as from_at,
        covered_to,
        'state' as basis
    from quiet
    where version_age = 1
),

bounded as (
    select
        moments.*,
        greatest(moments.from_at, subscriptions.started_at) as starts_at
    from moments
    inner join {{ ref("stg_stripe__subscriptions") }} as subscriptions
        on moments.subscription_id = subscriptions.subscription_id
    where
        subscriptions.status not in ('incomplete', 'incomplete_expired')
        and coalesce(subscriptions.ended_at, timestamp '9999-12-31 00:00:00') > moments.from_at
),

followed as (
    select
        *,
        coalesce(
            lead(starts_at) over (
                partition by subscription_id, stretch
                order by starts_at, case when is_before then 0 else 1 end
            ),
            covered_to
        ) as ends_at
    from bounded
)

select
    subscription_id || '|' || cast(starts_at as text) as snapshot_id,
    subscription_id,
    stretch,
    change_id,
    is_before,
    load_id,
    case when is_collection_paused then 'paused' else status end as status,
    basis,
    has_all_items,
    cancel_requested_at,
    cancel_scheduled_for,
    starts_at,
    ends_at
from followed
where starts_at < ends_at
