-- Every row that a source's tables hold, with the month, currency and amount it is counted by, and
-- whether a mart carries it, or why not.
with rows_loaded as (
    select
        'customers' as source_table,
        created_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount,
        1 as row_count,
        cast(null as text) as left_out_because,
        true as is_in_marts
    from {{ ref("stg_files__customers") }}
    union all
    select
        'subscription_periods' as source_table,
        started_at as fact_at,
        currency,
        unit_amount as amount,
        1 as row_count,
        case
            when started_at >= {{ as_of() }} then 'after as_of'
            when
                ended_at < {{ as_of() }}
                and {{ local_date("started_at") }} >= {{ local_date("ended_at") }}
                then 'covers no end of a day'
        end as left_out_because,
        true as is_in_marts
    from {{ ref("stg_files__subscription_periods") }}
    union all
    select
        'payments' as source_table,
        occurred_at as fact_at,
        currency,
        amount,
        1 as row_count,
        case when occurred_at >= {{ as_of() }} then 'after as_of' end as left_out_because,
        true as is_in_marts
    from {{ ref("stg_files__payments") }}
    union all
    select
        'tickets' as source_table,
        created_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount,
        1 as row_count,
        case when created_at >= {{ as_of() }} then 'after as_of' end as left_out_because,
        true as is_in_marts
    from {{ ref("stg_files__tickets") }}
    union all
    select
        'ticket_ratings' as source_table,
        rated_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount,
        1 as row_count,
        cast(null as text) as left_out_because,
        false as is_in_marts
    from {{ ref("stg_files__ticket_ratings") }}
    union all
    select
        'usage' as source_table,
        {{ local_midnight("occurred_on") }} as fact_at,
        cast(null as text) as currency,
        given_quantity as amount,
        cast(row_count as integer) as row_count,
        cast(null as text) as left_out_because,
        false as is_in_marts
    from {{ ref("stg_files__usage") }}
    union all
    select
        'exchange_rates' as source_table,
        {{ local_midnight("rate_date") }} as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount,
        1 as row_count,
        cast(null as text) as left_out_because,
        false as is_in_marts
    from {{ ref("stg_files__exchange_rates") }}
)

select
    'files' as provider,
    source_table,
    fact_at,
    {{ month_of(local_date("fact_at")) }} as metric_month,
    currency,
    amount,
    row_count,
    left_out_because,
    is_in_marts
from rows_loaded
