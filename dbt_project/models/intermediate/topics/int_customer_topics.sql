-- What each customer's tickets of the last 90 days were about: up to three topics of each kind, the
-- most frequent first.
{% set most_topics = 3 %}

with counted as (
    select
        customers.customer_id,
        topics.topic_kind,
        topics.topic,
        count(*) as tickets
    from {{ ref("int_tickets") }} as tickets
    inner join {{ ref("int_ticket_customers") }} as customers
        on tickets.ticket_key = customers.ticket_key
    inner join {{ ref("int_ticket_topics") }} as topics
        on tickets.ticket_key = topics.ticket_key
    where
        tickets.is_counted
        and customers.customer_id is not null
        and topics.topic is not null
        and {{ local_date("tickets.created_at") }} >= {{ add_days(last_day(), -89) }}
    group by customers.customer_id, topics.topic_kind, topics.topic
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id, topic_kind order by tickets desc, topic asc
        ) as place
    from counted
)

select
    customer_id,
    {% for kind, column in [
        ("usage", "usage_topics"), ("challenge", "challenges"), ("blocker", "blockers"),
    ] %}
        nullif(
            concat_ws(
                ', '
                {% for place in range(1, most_topics + 1) %}
                    ,
                    max(case when topic_kind = '{{ kind }}' and place = {{ place }} then topic end)
                {% endfor %}
            ),
            ''
        ) as {{ column }}{% if not loop.last %},{% endif %}
    {% endfor %}
from ranked
group by customer_id
