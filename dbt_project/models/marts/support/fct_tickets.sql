-- Business minutes need a schedule; a source of files brings none.
{% set times = [
    "first_reply", "first_resolution", "full_resolution", "requester_wait", "agent_wait", "on_hold",
] %}

select
    tickets.ticket_key,
    tickets.provider,
    tickets.ticket_id,
    customers.customer_id,
    customers.link_method,
    customers.confidence as link_confidence,
    tickets.status,
    tickets.priority,
    tickets.channel,
    tickets.ticket_type,
    topics.topic,
    ratings.rating_first,
    ratings.rating_latest,
    tickets.is_counted,
    tickets.is_agent_created,
    case
        when tickets.solved_at is not null then tickets.replies = 1 and tickets.reopens = 0
        else false
    end as is_one_touch,
    cast(tickets.replies as integer) as replies,
    cast(tickets.reopens as integer) as reopens,
    cast(tickets.handoffs as integer) as handoffs,
    {% for time in times %}
        {% for clock in ["calendar", "business"] %}
            {{ minutes("times." ~ time ~ "_" ~ clock ~ "_seconds") }}
                as {{ time }}_{{ clock }}_minutes,
        {% endfor %}
    {% endfor %}
    tickets.created_at,
    tickets.first_replied_at,
    tickets.last_replied_at,
    tickets.first_solved_at,
    tickets.solved_at,
    ratings.rated_at
from {{ ref("int_tickets") }} as tickets
inner join {{ ref("int_ticket_customers") }} as customers
    on tickets.ticket_key = customers.ticket_key
inner join {{ ref("int_ticket_topics") }} as topics
    on tickets.ticket_key = topics.ticket_key
inner join {{ ref("int_ticket_times") }} as times
    on tickets.ticket_number = times.ticket_number
left join {{ ref("int_ticket_ratings") }} as ratings
    on tickets.ticket_key = ratings.ticket_key
order by tickets.created_at, tickets.ticket_key
