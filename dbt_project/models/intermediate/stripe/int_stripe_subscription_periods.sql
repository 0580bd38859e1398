-- The stretches of Stripe's subscription items in which nothing changed, in the form every biller's
-- take: what the items were, crossed with the subscription's status and cut at its end and where a
-- cancellation was withdrawn. Neighbours that are equal are one, read from what its beginning was.
{% set columns = [
    "price_id", "status", "quantity", "discount_percent", "discount_amount", "discount_duration",
    "cancellation_from",
] %}

with pieces as (
    select
        states.subscription_id,
        states.item_id,
        states.price_id,
        states.basis,
        statuses.status,
        states.quantity,
        states.discount_percent,
        states.discount_amount,
        states.discount_duration,
        cancellations.starts_at as cancellation_from,
        cancellations.cancel_requested_at,
        cancellations.cancel_scheduled_for,
        greatest(states.starts_at, statuses.starts_at, cancellations.starts_at) as starts_at,
        least(
            states.ends_at,
            statuses.ends_at,
            cancellations.ends_at,
            coalesce(subscriptions.ended_at, timestamp '9999-12-31 00:00:00')
        ) as ends_at
    from {{ ref("int_stripe_item_states") }} as states
    inner join {{ ref("stg_stripe__subscriptions") }} as subscriptions
        on states.subscription_id = subscriptions.subscription_id
    inner join {{ ref("int_stripe_subscription_statuses") }} as statuses
        on
            states.subscription_id = statuses.subscription_id
            and states.starts_at < statuses.ends_at
            and states.ends_at > statuses.starts_at
    inner join {{ ref("int_stripe_cancellations") }} as cancellations
        on
            states.subscription_id = cancellations.subscription_id
            and states.starts_at < cancellations.ends_at
            and states.ends_at > cancellations.starts_at
    where statuses.status not in ('incomplete', 'incomplete_expired', 'canceled')
),

compared as (
    select
        *,
        case
            when
                lag(ends_at) over w = starts_at
                {% for column in columns %}
                    and lag({{ column }}) over w = {{ column }}
                {% endfor %}
                then 0
            else 1
        end as is_new
    from pieces
    where starts_at < ends_at
    window w as (partition by item_id order by starts_at)
),

numbered as (
    select
        *,
        sum(is_new) over (
            partition by item_id
            order by starts_at
            rows between unbounded preceding and current row
        ) as stretch
    from compared
),

stretches as (
    select
        subscription_id,
        item_id,
        stretch,
        {{ columns | join(",\n        ") }},
        cancel_requested_at,
        cancel_scheduled_for,
        max(case when is_new = 1 then basis end) as basis,
        min(starts_at) as started_at,
        max(ends_at) as ended_at
    from numbered
    group by
        subscription_id,
        item_id,
        stretch,
        {{ columns | join(",\n        ") }},
        cancel_requested_at,
        cancel_scheduled_for
)

select
    ---------- ids
    stretches.item_id || '|' || cast(stretches.started_at as text) as subscription_period_id,
    stretches.subscription_id,
    stretches.item_id,
    subscriptions.customer_id,
    prices.product_id as plan_id,

    ---------- strings
    prices.billing_interval,
    prices.currency,
    stretches.status,
    stretches.discount_duration,
    case when stretches.ended_at = subscriptions.ended_at then subscriptions.end_reason end
        as end_reason,
    stretches.basis,

    ---------- numerics
    cast(prices.interval_count as integer) as interval_count,
    {{ amount("case when tiered.price_id is null then stretches.quantity else 1 end") }}
        as quantity,
    {{ amount("coalesce(tiered.amount, prices.unit_amount, 0)") }} as unit_amount,
    {{ amount("stretches.discount_percent") }} as discount_percent,
    {{ amount("stretches.discount_amount") }} as discount_amount,

    ---------- booleans
    prices.is_metered,
    true as is_recurring,
    true as has_cancellation_requests,

    ---------- timestamps
    stretches.started_at,
    stretches.ended_at,
    -- What ended before the request knows nothing of it.
    case
        when
            stretches.cancel_scheduled_for is not null
            and stretches.cancel_requested_at < stretches.ended_at
            then stretches.cancel_requested_at
    end as cancel_requested_at,
    case
        when stretches.cancel_requested_at < stretches.ended_at
            then stretches.cancel_scheduled_for
    end as cancel_scheduled_for
from stretches
inner join {{ ref("stg_stripe__subscriptions") }} as subscriptions
    on stretches.subscription_id = subscriptions.subscription_id
inner join {{ ref("stg_stripe__prices") }} as prices
    on stretches.price_id = prices.price_id
left join {{ ref("int_stripe_tiered_amounts") }} as tiered
    on
        stretches.price_id = tiered.price_id
        and stretches.quantity = tiered.quantity
