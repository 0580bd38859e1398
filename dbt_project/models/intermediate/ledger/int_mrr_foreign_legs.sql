-- Foreign positions in the reporting currency, split over their items. A position's value is its
-- native amount times the rate, rounded once; items share it by running sums in a fixed order, so
-- that they add up to it exactly and an item that has ended is worth exactly 0.
with holdings as (
    select
        customer_id,
        currency,
        subscription_item_id,
        provider,
        subscription_id,
        item_id,
        plan_id,
        billing_interval,
        mrr,
        from_on,
        to_on
    from {{ ref("int_subscription_states") }}
    where currency <> '{{ var("currency") }}' and mrr > 0
),

held as (
    select
        days.customer_id,
        days.currency,
        days.valued_on,
        days.rate,
        holdings.subscription_item_id,
        holdings.provider,
        holdings.subscription_id,
        holdings.item_id,
        holdings.plan_id,
        holdings.billing_interval,
        sum(case when holdings.from_on < days.valued_on then holdings.mrr else 0 end)
            as native_before,
        sum(case when holdings.to_on > days.valued_on then holdings.mrr else 0 end)
            as native_after
    from {{ ref("int_mrr_foreign_days") }} as days
    inner join holdings
        on
            days.customer_id = holdings.customer_id
            and days.currency = holdings.currency
            and days.valued_on >= holdings.from_on
            and days.valued_on <= holdings.to_on
    group by
        days.customer_id,
        days.currency,
        days.valued_on,
        days.rate,
        holdings.subscription_item_id,
        holdings.provider,
        holdings.subscription_id,
        holdings.item_id,
        holdings.plan_id,
        holdings.billing_interval
),

summed as (
    select
        *,
        {% for side in ["before", "after"] %}
            {{ amount(
                "sum(native_" ~ side ~ ") over (
                    partition by customer_id, currency, valued_on
                    order by subscription_item_id, plan_id, billing_interval
                )"
            ) }} as running_{{ side }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from held
),

valued as (
    select
        *,
        {% for side in ["before", "after"] %}
            {{ amount("running_" ~ side ~ " * rate") }}
            - {{ amount(
                amount("running_" ~ side ~ " - native_" ~ side) ~ " * rate"
            ) }} as value_{{ side }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from summed
)

select
    customer_id,
    currency,
    valued_on as changed_on,
    subscription_item_id,
    provider,
    subscription_id,
    item_id,
    plan_id,
    billing_interval,
    {{ amount("native_after - native_before") }} as native_delta,
    {{ amount("value_after - value_before") }} as mrr_delta,
    {{ amount(
        "value_before - coalesce(
            lag(value_after) over (
                partition by
                    customer_id, currency, subscription_item_id, plan_id, billing_interval
                order by valued_on
            ),
            0
        )"
    ) }} as fx_delta
from valued
