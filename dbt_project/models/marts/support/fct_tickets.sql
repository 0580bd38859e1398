-- Business minutes need a schedule; a source of files brings none.
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
    cast(tickets.replies as integer) as replies,
    cast(tickets.reopens as integer) as reopens,
    {{ minutes_between("tickets.created_at", "tickets.first_replied_at") }}
        as first_reply_calendar_minutes,
    cast(null as decimal(28, 6)) as first_reply_business_minutes,
    {{ minutes_between("tickets.created_at", "tickets.first_solved_at") }}
        as first_resolution_calendar_minutes,
    cast(null as decimal(28, 6)) as first_resolution_business_minutes,
    {{ minutes_between("tickets.created_at", "tickets.solved_at") }}
        as full_resolution_calendar_minutes,
    cast(null as decimal(28, 6)) as full_resolution_business_minutes,
    tickets.created_at,
    tickets.first_replied_at,
    tickets.first_solved_at,
    tickets.solved_at
from {{ ref("int_tickets") }} as tickets
inner join {{ ref("int_ticket_customers") }} as customers
    on tickets.ticket_key = customers.ticket_key
inner join {{ ref("int_ticket_topics") }} as topics
    on tickets.ticket_key = topics.ticket_key
left join {{ ref("int_ticket_ratings") }} as ratings
    on tickets.ticket_key = ratings.ticket_key
order by tickets.created_at, tickets.ticket_key
