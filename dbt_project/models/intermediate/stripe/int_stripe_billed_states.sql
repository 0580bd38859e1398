-- What an item was from a billed moment on, until the next: its service periods, and inside them
-- the changes that proration billed or will bill. A credit without a charge at the same moment
-- takes the item away. A change keeps the discount of the service period it lies in.
with moments as (
    select
        line_id as state_id,
        subscription_id,
        item_id,
        price_id,
        quantity,
        starts_at,
        ends_at,
        case when is_given_up then 1 else 0 end as precedence,
        true as is_service_period,
        false as is_credit
    from {{ ref("int_stripe_service_periods") }}
    where not is_metered
    union all
    select
        items.invoice_item_id as state_id,
        items.subscription_id,
        items.item_id,
        items.price_id,
        items.quantity,
        items.starts_at,
        items.ends_at,
        case when items.is_credit then 3 else 2 end as precedence,
        false as is_service_period,
        items.is_credit
    from {{ ref("stg_stripe__invoice_items") }} as items
    inner join {{ ref("stg_stripe__subscriptions") }} as subscriptions
        on items.subscription_id = subscriptions.subscription_id
    inner join {{ ref("stg_stripe__prices") }} as prices
        on items.price_id = prices.price_id
    where
        items.is_proration
        and items.item_id is not null
        and not prices.is_metered
        and subscriptions.status not in ('incomplete', 'incomplete_expired')
),

ranked as (
    select
        *,
        row_number() over (
            partition by item_id, starts_at order by precedence, state_id
        ) as place
    from moments
),

discounted as (
    select
        ranked.*,
        coalesce(discounts.discount_percent, 0) as own_percent,
        coalesce(discounts.discount_amount, 0) as own_amount,
        discounts.discount_duration as own_duration,
        reach.reached_at
    from ranked
    left join {{ ref("int_stripe_line_discounts") }} as discounts
        on ranked.state_id = discounts.line_id
    left join {{ ref("int_stripe_subscription_reach") }} as reach
        on ranked.subscription_id = reach.subscription_id
    where ranked.place = 1
),

numbered as (
    select
        *,
        lead(starts_at) over (partition by item_id order by starts_at) as next_starts_at,
        sum(case when is_service_period then 1 else 0 end) over (
            partition by item_id
            order by starts_at
            rows between unbounded preceding and current row
        ) as service_period
    from discounted
),

carried as (
    select
        *,
        max(own_percent) over (partition by item_id, service_period) as discount_percent,
        max(own_amount) over (partition by item_id, service_period) as discount_amount,
        max(own_duration) over (partition by item_id, service_period) as discount_duration
    from numbered
)

select
    state_id,
    subscription_id,
    item_id,
    price_id,
    quantity,
    discount_percent,
    discount_amount,
    coalesce(discount_duration, 'forever') as discount_duration,
    starts_at,
    -- What was billed last stands until the subscription's end.
    case
        when next_starts_at is null and ends_at >= reached_at
            then timestamp '9999-12-31 00:00:00'
        else least(ends_at, coalesce(next_starts_at, ends_at))
    end as ends_at
from carried
where not is_credit
