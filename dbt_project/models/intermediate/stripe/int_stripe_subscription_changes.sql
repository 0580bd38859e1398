-- What each subscription became at each second in which an event tells of it, and what it was
-- before. Of several events in one second, the last is that whose outcome no other began with.
with outlines as (
    select
        event_id,
        is_before,
        {{ joined_text("item_id || '=' || price_id || '=' || cast(quantity as text)", "item_id") }}
            as items
    from {{ ref("stg_stripe__subscription_event_items") }}
    group by event_id, is_before
),

outlined as (
    select
        events.*,
        events.status
        || '|' || cast(events.is_collection_paused as text)
        || '|' || coalesce(cast(events.cancel_scheduled_for as text), '')
        || '|' || coalesce(items_after.items, '') as outcome,
        events.status_before
        || '|' || cast(events.is_collection_paused_before as text)
        || '|' || coalesce(cast(events.cancel_scheduled_before as text), '')
        || '|' || coalesce(items_before.items, '') as beginning
    from {{ ref("stg_stripe__subscription_events") }} as events
    left join outlines as items_after
        on events.event_id = items_after.event_id and not items_after.is_before
    left join outlines as items_before
        on events.event_id = items_before.event_id and items_before.is_before
    where events.happened_at < {{ as_of() }}
),

beginnings as (
    select distinct
        subscription_id,
        happened_at,
        beginning
    from outlined
    where beginning <> outcome
),

outcomes as (
    select distinct
        subscription_id,
        happened_at,
        outcome
    from outlined
    where beginning <> outcome
),

ranked as (
    select
        outlined.*,
        row_number() over (
            partition by outlined.subscription_id, outlined.happened_at
            order by
                case when beginnings.beginning is null then 0 else 1 end,
                outlined.event_id desc
        ) as place_from_end,
        row_number() over (
            partition by outlined.subscription_id, outlined.happened_at
            order by
                case when outcomes.outcome is null then 0 else 1 end,
                outlined.event_id
        ) as place
    from outlined
    left join beginnings
        on
            outlined.subscription_id = beginnings.subscription_id
            and outlined.happened_at = beginnings.happened_at
            and outlined.outcome = beginnings.beginning
    left join outcomes
        on
            outlined.subscription_id = outcomes.subscription_id
            and outlined.happened_at = outcomes.happened_at
            and outlined.beginning = outcomes.outcome
)

select
    event_id as change_id,
    false as is_before,
    subscription_id,
    happened_at,
    status,
    is_collection_paused,
    has_all_items,
    cancel_requested_at,
    cancel_scheduled_for
from ranked
where place_from_end = 1
union all
select
    event_id as change_id,
    true as is_before,
    subscription_id,
    happened_at,
    status_before as status,
    is_collection_paused_before as is_collection_paused,
    has_all_items,
    cancel_requested_before as cancel_requested_at,
    cancel_scheduled_before as cancel_scheduled_for
from ranked
where place = 1
