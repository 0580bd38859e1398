-- What every subscription item brought a month, in its own currency, between two days on which
-- something about it changed. Policy limits cut a stretch: past due counts until its limit, a pause
-- is a pause until its limit, a `once` discount holds for the first interval.
{% set factors = "factor_numerator", "factor_denominator", "interval_count" %}

with priced as (
    select
        periods.*,
        factors.past_due_days,
        factors.paused_days,
        {{ monthly_amount("unit_amount", "quantity", 0, 0, *factors) }} as list_mrr,
        case
            when periods.discount_percent > 0 or periods.discount_amount > 0
                then
                    {{ monthly_amount(
                        "unit_amount", "quantity", "discount_percent", "discount_amount", *factors
                    ) }}
        end as mrr_after_discount,
        case
            when periods.discount_duration = 'once'
                then
                    {{ add_interval(
                        "periods.started_on", "periods.billing_interval",
                        "periods.interval_count"
                    ) }}
        end as first_interval_ends_on
    from {{ ref("int_subscription_periods") }} as periods
    inner join {{ ref("int_interval_factors") }} as factors
        on periods.billing_interval = factors.billing_interval
    where periods.is_recurring and not periods.is_metered
),

discounted as (
    select
        *,
        coalesce(mrr_after_discount, list_mrr) as discounted_mrr,
        case
            when discount_duration = 'once' then list_mrr
            else coalesce(mrr_after_discount, list_mrr)
        end as recurring_mrr
    from priced
),

classified as (
    select
        *,
        case
            when status <> 'active' then status
            when discount_duration = 'repeating' and recurring_mrr = 0 and list_mrr > 0
                then 'free_by_discount'
            else 'active'
        end as state
    from discounted
),

-- A stretch is the unbroken time in which a subscription, over all its items, kept one state.
reached as (
    select
        *,
        max(ended_on) over (
            partition by subscription_key, state
            order by started_on, ended_on, subscription_period_id
            rows between unbounded preceding and 1 preceding
        ) as stretch_reached_on
    from classified
),

stretches as (
    select
        *,
        sum(case when started_on <= stretch_reached_on then 0 else 1 end) over (
            partition by subscription_key, state
            order by started_on, ended_on, subscription_period_id
            rows between unbounded preceding and current row
        ) as stretch
    from reached
),

limited as (
    select
        *,
        case state
            when 'past_due'
                then
                    {{ add_days(
                        "min(started_on) over (partition by subscription_key, state, stretch)",
                        "past_due_days"
                    ) }}
            when 'active' then null
            when 'trialing' then null
            when 'unpaid' then null
            else
                {{ add_days(
                    "min(started_on) over (partition by subscription_key, state, stretch)",
                    "paused_days"
                ) }}
        end as state_ends_on
    from stretches
),

cut_by_interval as (
    select
        *,
        started_on as from_on,
        least(ended_on, coalesce(first_interval_ends_on, ended_on)) as to_on,
        first_interval_ends_on is not null as is_first_interval
    from limited
    union all
    select
        *,
        first_interval_ends_on as from_on,
        ended_on as to_on,
        false as is_first_interval
    from limited
    where first_interval_ends_on < ended_on
),

cut_by_state as (
    select
        subscription_period_id,
        subscription_item_id,
        state,
        from_on,
        least(to_on, coalesce(state_ends_on, to_on)) as to_on,
        is_first_interval,
        false as is_beyond_limit
    from cut_by_interval
    where state_ends_on is null or from_on < state_ends_on
    union all
    select
        subscription_period_id,
        subscription_item_id,
        state,
        greatest(from_on, state_ends_on) as from_on,
        to_on,
        is_first_interval,
        true as is_beyond_limit
    from cut_by_interval
    where state_ends_on < to_on
),

valued as (
    select
        cuts.state,
        cuts.from_on,
        cuts.to_on,
        cuts.is_beyond_limit,
        limited.subscription_period_id,
        limited.subscription_item_id,
        limited.subscription_key,
        limited.provider,
        limited.subscription_id,
        limited.item_id,
        limited.customer_id,
        limited.plan_id,
        limited.billing_interval,
        limited.interval_count,
        limited.currency,
        limited.quantity,
        limited.unit_amount,
        limited.end_reason,
        limited.cancel_requested_at,
        limited.cancel_scheduled_for,
        limited.has_cancellation_requests,
        cuts.state in ('paused', 'free_by_discount') and not cuts.is_beyond_limit as is_paused,
        cuts.state in ('active', 'free_by_discount')
        or (cuts.state = 'past_due' and not cuts.is_beyond_limit) as is_counted,
        limited.list_mrr,
        limited.recurring_mrr,
        case
            when limited.discount_duration <> 'once' or cuts.is_first_interval
                then limited.discounted_mrr
            else limited.recurring_mrr
        end as discounted_mrr
    from cut_by_state as cuts
    inner join limited
        on cuts.subscription_period_id = limited.subscription_period_id
),

-- A trial after paying keeps what was paid the day before it began, until it ends.
adjoining as (
    select
        *,
        case
            when
                from_on = lag(to_on) over (
                    partition by customer_id, subscription_item_id order by from_on
                )
                then 0
            else 1
        end as is_run_start
    from valued
),

runs as (
    select
        *,
        sum(is_run_start) over (
            partition by customer_id, subscription_item_id
            order by from_on
            rows between unbounded preceding and current row
        ) as run
    from adjoining
),

anchored as (
    select
        *,
        sum(case when state = 'trialing' then 0 else 1 end) over (
            partition by customer_id, subscription_item_id, run
            order by from_on
            rows between unbounded preceding and current row
        ) as anchor
    from runs
),

carried as (
    select
        *,
        sum(case when state in ('active', 'free_by_discount', 'unpaid') then 1 else 0 end) over (
            partition by customer_id, subscription_item_id, run
            order by from_on
            rows between unbounded preceding and current row
        ) as outcome,
        {% for measure in ["list_mrr", "recurring_mrr", "discounted_mrr"] %}
            coalesce(
                max(case when is_counted then {{ measure }} end) over (
                    partition by customer_id, subscription_item_id, run, anchor
                ),
                0
            ) as carried_{{ measure }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from anchored
),

-- A trial that nothing paid before is pipeline; a first charge that fails after it, or a pause for
-- want of a card, brings nothing until a charge succeeds.
converted as (
    select
        *,
        sum(case when state = 'trialing' and carried_recurring_mrr = 0 then 1 else 0 end) over (
            partition by customer_id, subscription_item_id, run, outcome
            order by from_on
            rows between unbounded preceding and current row
        ) > 0 as is_unconverted
    from carried
),

-- While a trial keeps what was paid, it keeps what was paid for.
kept as (
    select
        *,
        {% for column in [
            "plan_id", "billing_interval", "interval_count", "currency", "quantity", "unit_amount",
        ] %}
            case
                when state = 'trialing' and not is_unconverted
                    then
                        first_value({{ column }}) over (
                            partition by customer_id, subscription_item_id, run, anchor
                            order by from_on
                        )
                else {{ column }}
            end as kept_{{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from converted
)

select
    ---------- ids
    subscription_period_id,
    subscription_item_id,
    subscription_key,
    provider,
    subscription_id,
    item_id,
    customer_id,
    kept_plan_id as plan_id,

    ---------- strings
    cast(kept_interval_count as text) || ' ' || kept_billing_interval as billing_interval,
    kept_currency as currency,
    case
        when is_unconverted then 'trialing'
        when state = 'past_due' and is_beyond_limit then 'unpaid'
        else state
    end as state,
    end_reason,

    ---------- numerics
    kept_quantity as quantity,
    kept_unit_amount as unit_amount,
    {% for measure, column in [
        ("carried_recurring_mrr", "mrr"),
        ("carried_list_mrr", "mrr_list"),
        ("carried_discounted_mrr", "mrr_net_of_all_discounts"),
    ] %}
        {{ amount("case when is_unconverted then 0 else " ~ measure ~ " end") }} as {{ column }},
    {% endfor %}
    {{ amount(
        "case when state = 'past_due' and not is_unconverted then carried_recurring_mrr else 0 end"
    ) }} as past_due_mrr,
    {{ amount(
        "case when state = 'trialing' and is_unconverted then recurring_mrr else 0 end"
    ) }} as pipeline_mrr,

    ---------- booleans
    is_paused and not is_unconverted as is_paused,
    is_beyond_limit,
    has_cancellation_requests,

    ---------- dates
    from_on,
    to_on,

    ---------- timestamps
    cancel_requested_at,
    cancel_scheduled_for
from kept
