-- How each customer's tickets went, and when a human last spoke with them: an agent's public
-- comment or call. Of files, which have no comments, the last that is known to have been done.
{% set recent_from = add_days(last_day(), -89) %}

with contacts as (
    select
        ticket_number,
        max(occurred_at) as last_human_contact_at
    from {{ ref("int_ticket_events") }}
    where
        actor_kind = 'agent'
        and kind in ('reply', 'early_reply', 'comment')
        and provider <> 'files'
    group by ticket_number
),

tickets as (
    select
        tickets.*,
        contacts.last_human_contact_at,
        customers.customer_id,
        ratings.rating_latest,
        ratings.rated_at,
        {{ local_date("tickets.created_at") }} >= {{ recent_from }} as is_recent,
        row_number() over (
            partition by customers.customer_id
            order by ratings.rated_at desc nulls last, tickets.ticket_key asc
        ) as rating_recency
    from {{ ref("int_tickets") }} as tickets
    inner join {{ ref("int_ticket_customers") }} as customers
        on tickets.ticket_key = customers.ticket_key
    left join {{ ref("int_ticket_ratings") }} as ratings
        on tickets.ticket_key = ratings.ticket_key
    left join contacts
        on tickets.ticket_number = contacts.ticket_number
    where tickets.is_counted and customers.customer_id is not null
)

select
    customer_id,
    count(*) as tickets_ever,
    sum(case when is_recent then 1 else 0 end) as tickets_90_days,
    sum(case when solved_at is null then 1 else 0 end) as open_tickets,
    sum(case when is_recent then coalesce(reopens, 0) else 0 end) as reopens_90_days,
    max(case when rating_recency = 1 then rating_latest end) as last_rating,
    count(rating_latest) as rated_tickets,
    sum(case when rating_latest = 'good' then 1 else 0 end) as good_tickets,
    max(
        case
            when provider = 'files' then coalesce(solved_at, first_solved_at, first_replied_at)
            else last_human_contact_at
        end
    ) as last_human_contact_at
from tickets
group by customer_id
