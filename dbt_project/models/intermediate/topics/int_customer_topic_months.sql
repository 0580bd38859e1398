-- Each month's topics of each customer: what the customer's MRR was at the month's close, and
-- whether they left within the days after it.
{% set days_after = 90 %}

with topic_months as (
    select
        {{ month_of(local_date("tickets.created_at")) }} as metric_month,
        customers.customer_id,
        topics.topic,
        count(*) as tickets
    from {{ ref("int_tickets") }} as tickets
    inner join {{ ref("int_ticket_customers") }} as customers
        on tickets.ticket_key = customers.ticket_key
    inner join {{ ref("int_ticket_topics") }} as topics
        on tickets.ticket_key = topics.ticket_key
    where tickets.is_counted and customers.customer_id is not null
    group by
        {{ month_of(local_date("tickets.created_at")) }}, customers.customer_id, topics.topic
),

customer_months as (
    select distinct
        metric_month,
        customer_id,
        {{ add_days(add_months("metric_month", 1), -1) }} as closes_on
    from topic_months
),

positions as (
    select
        items.customer_id,
        items.metric_month,
        items.currency,
        items.rate,
        {{ amount("sum(items.mrr)") }} as mrr
    from {{ ref("int_subscription_item_months") }} as items
    inner join customer_months
        on
            items.customer_id = customer_months.customer_id
            and items.metric_month = customer_months.metric_month
    group by items.customer_id, items.metric_month, items.currency, items.rate
),

closes as (
    select
        customer_id,
        metric_month,
        sum({{ amount("mrr * rate") }}) as mrr
    from positions
    group by customer_id, metric_month
),

leavers as (
    select distinct
        customer_months.metric_month,
        customer_months.customer_id
    from customer_months
    inner join {{ ref("int_mrr_customer_days") }} as days
        on
            customer_months.customer_id = days.customer_id
            and customer_months.closes_on < days.changed_on
    where
        days.change_kind = 'churn'
        and days.changed_on <= {{ add_days("customer_months.closes_on", days_after) }}
)

select
    topic_months.metric_month,
    topic_months.customer_id,
    topic_months.topic,
    topic_months.tickets,
    {{ amount("coalesce(closes.mrr, 0)") }} as mrr,
    coalesce(closes.mrr, 0) > 0 as is_paying,
    leavers.customer_id is not null and coalesce(closes.mrr, 0) > 0 as has_left
from topic_months
left join closes
    on
        topic_months.customer_id = closes.customer_id
        and topic_months.metric_month = closes.metric_month
left join leavers
    on
        topic_months.customer_id = leavers.customer_id
        and topic_months.metric_month = leavers.metric_month
