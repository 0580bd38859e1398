-- Only months in which the customer had MRR at the close, or a movement.
with balances as (
    select
        customer_id,
        metric_month,
        currency,
        rate,
        sum(mrr) as mrr,
        sum(mrr_list) as mrr_list,
        sum(mrr_net_of_all_discounts) as mrr_net_of_all_discounts,
        sum(committed_mrr) as committed_mrr,
        min(case when is_schedule_known then 1 else 0 end) as schedule_known
    from {{ ref("int_subscription_item_months") }}
    group by customer_id, metric_month, currency, rate
),

closes as (
    select
        customer_id,
        metric_month,
        {% for column in ["mrr", "mrr_list", "mrr_net_of_all_discounts", "committed_mrr"] %}
            sum({{ amount(amount(column) ~ " * rate") }}) as {{ column }},
        {% endfor %}
        min(schedule_known) as schedule_known
    from balances
    group by customer_id, metric_month
),

months as (
    select
        customer_id,
        metric_month
    from closes
    where mrr > 0
    union
    select
        customer_id,
        {{ month_of("changed_on") }} as metric_month
    from {{ ref("int_mrr_legs") }}
    where movement_id is not null
)

select
    months.customer_id,
    months.metric_month,
    '{{ var("currency") }}' as currency,
    {% for column in ["mrr", "mrr_list", "mrr_net_of_all_discounts"] %}
        {{ amount("coalesce(closes." ~ column ~ ", 0)") }} as {{ column }},
    {% endfor %}
    case
        when coalesce(closes.schedule_known, 1) = 1
            then {{ amount("coalesce(closes.committed_mrr, 0)") }}
    end as committed_mrr,
    coalesce(closes.mrr, 0) > 0 as is_paying
from months
left join closes
    on
        months.customer_id = closes.customer_id
        and months.metric_month = closes.metric_month
order by months.customer_id, months.metric_month
