-- One row for each month and topic with tickets. A customer counts once in each topic of a month,
-- so neither customers nor their MRR add up over topics.
{% set days_after = 90 %}
{% set times = ["first_reply", "full_resolution"] %}

with tickets as (
    select
        {{ month_of(local_date("tickets.created_at")) }} as metric_month,
        customers.customer_id,
        coalesce(topics.topic, 'unsorted') as topic,
        coalesce(topics.topic_kind, 'unsorted') as topic_kind,
        times.*
    from {{ ref("int_tickets") }} as tickets
    inner join {{ ref("int_ticket_customers") }} as customers
        on tickets.ticket_key = customers.ticket_key
    inner join {{ ref("int_ticket_topics") }} as topics
        on tickets.ticket_key = topics.ticket_key
    inner join {{ ref("int_ticket_times") }} as times
        on tickets.ticket_number = times.ticket_number
    where tickets.is_counted
),

topics as (
    select
        metric_month,
        topic,
        topic_kind,
        count(*) as tickets,
        sum(case when customer_id is null then 1 else 0 end) as unmatched_tickets,
        {% for time in times %}
            {% for clock in ["calendar", "business"] %}
                {{ percentile_minutes(0.5, time ~ "_" ~ clock ~ "_seconds") }}
                    as {{ time }}_{{ clock }}_minutes_median,
            {% endfor %}
        {% endfor %}
        sum(count(*)) over (partition by metric_month) as tickets_of_month,
        sum(sum(case when topic_kind = 'unsorted' then 1 else 0 end)) over (
            partition by metric_month
        ) as unsorted_tickets
    from tickets
    group by metric_month, topic, topic_kind
),

customers as (
    select
        metric_month,
        coalesce(topic, 'unsorted') as topic,
        count(*) as customers,
        sum(mrr) as mrr,
        sum(case when is_paying then 1 else 0 end) as paying_customers,
        sum(case when has_left then 1 else 0 end) as churned_customers,
        sum(case when has_left then -mrr else 0 end) as churned_mrr
    from {{ ref("int_customer_topic_months") }}
    group by metric_month, coalesce(topic, 'unsorted')
),

subscriptions as (
    select count(*) as periods
    from {{ ref("int_subscription_periods") }}
),

joined as (
    select
        topics.*,
        subscriptions.periods > 0 as has_subscriptions,
        subscriptions.periods > 0
        and {{ add_days(add_months("topics.metric_month", 1), days_after - 1) }} <= {{ last_day() }}
            as is_aftermath_known,
        {% for column in [
            "customers", "paying_customers", "mrr", "churned_customers", "churned_mrr",
        ] %}
            coalesce(customers.{{ column }}, 0) as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from topics
    left join customers
        on
            topics.metric_month = customers.metric_month
            and topics.topic = customers.topic
    cross join subscriptions
)

select
    metric_month,
    topic,
    topic_kind,
    '{{ var("currency") }}' as currency,
    cast(tickets as integer) as tickets,
    cast(unmatched_tickets as integer) as unmatched_tickets,
    cast(customers as integer) as customers,
    case when has_subscriptions then cast(paying_customers as integer) end as paying_customers,
    case when has_subscriptions then {{ amount("mrr") }} end as mrr,
    case when is_aftermath_known then cast(churned_customers as integer) end
        as churned_customers_90_days,
    case when is_aftermath_known then {{ amount("churned_mrr") }} end as churned_mrr_90_days,
    case when is_aftermath_known then {{ ratio("churned_customers", "paying_customers") }} end
        as customer_churn_rate_90_days,
    {% for time in times %}
        {% for clock in ["calendar", "business"] %}
            {{ time }}_{{ clock }}_minutes_median,
        {% endfor %}
    {% endfor %}
    {{ ratio("unsorted_tickets", "tickets_of_month") }} as unsorted_share
from joined
order by metric_month, topic
