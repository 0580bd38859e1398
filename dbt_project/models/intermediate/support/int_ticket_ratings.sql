-- The first and the latest rating of each ticket before as_of, and when one was asked for; 4 and 5
-- of five points are good. A helpdesk's ratings as they are now, and its tickets' history, which
-- has those that were changed before anybody looked, are read together.
with opinions as (
    select
        'files' as provider,
        ticket_id,
        score,
        rated_at as given_at,
        row_number as place
    from {{ ref("stg_files__ticket_ratings") }}
    {% for table in ["satisfaction_ratings", "survey_responses"] %}
        union all
        select
            'zendesk' as provider,
            ticket_id,
            coalesce(score, 'offered') as score,
            changed_at as given_at,
            0 as place
        from {{ ref("stg_zendesk__" ~ table) }}
    {% endfor %}
    union all
    select
        'zendesk' as provider,
        ticket_id,
        'offered' as score,
        created_at as given_at,
        0 as place
    from {{ ref("stg_zendesk__satisfaction_ratings") }}
),

keyed as (
    select
        provider || '|' || ticket_id as ticket_key,
        score,
        given_at,
        place
    from opinions
    where given_at < {{ as_of() }}
    union all
    select
        tickets.ticket_key,
        events.new_value as score,
        events.occurred_at as given_at,
        0 as place
    from {{ ref("int_ticket_events") }} as events
    inner join {{ ref("int_ticket_keys") }} as tickets
        on events.ticket_number = tickets.ticket_number
    where events.kind = 'rated'
),

judged as (
    select
        *,
        case
            when score in ('good', '4', '5') or score like 'good%' then 'good'
            when score in ('bad', '1', '2', '3') or score like 'bad%' then 'bad'
        end as rating
    from keyed
),

ranked as (
    select
        *,
        row_number() over (
            partition by ticket_key, rating is null order by given_at, place, score
        ) as place_from_start,
        row_number() over (
            partition by ticket_key, rating is null order by given_at desc, place desc, score desc
        ) as place_from_end
    from judged
)

select
    ---------- ids
    ticket_key,

    ---------- strings
    max(case when place_from_start = 1 then rating end) as rating_first,
    max(case when place_from_end = 1 then rating end) as rating_latest,

    ---------- timestamps
    min(case when score = 'offered' then given_at end) as offered_at,
    min(case when rating is not null then given_at end) as first_rated_at,
    max(case when rating is not null and place_from_end = 1 then given_at end) as rated_at
from ranked
where rating is not null or score = 'offered'
group by ticket_key
