-- The first and the latest rating of each ticket before as_of; 4 and 5 of five points are good.
with ratings as (
    select
        'files' as provider,
        ticket_id,
        rated_at,
        row_number,
        case when score in ('good', '4', '5') then 'good' else 'bad' end as rating
    from {{ ref("stg_files__ticket_ratings") }}
    where rated_at < {{ as_of() }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by provider, ticket_id order by rated_at, row_number
        ) as place,
        row_number() over (
            partition by provider, ticket_id order by rated_at desc, row_number desc
        ) as place_from_end
    from ratings
)

select
    provider || '|' || ticket_id as ticket_key,
    max(case when place = 1 then rating end) as rating_first,
    max(case when place_from_end = 1 then rating end) as rating_latest,
    max(rated_at) as rated_at
from ranked
group by provider, ticket_id
