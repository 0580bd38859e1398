-- How many rows of each source table reached the models that the marts are made of.
with rows_used as (
    select
        'customers' as source_table,
        created_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount
    from {{ ref("int_accounts") }}
    where provider = 'files'
    union all
    select
        'subscription_periods' as source_table,
        started_at as fact_at,
        currency,
        unit_amount as amount
    from {{ ref("int_subscription_periods") }}
    where provider = 'files'
    union all
    select
        'payments' as source_table,
        occurred_at as fact_at,
        currency,
        abs(amount) as amount
    from {{ ref("int_payments") }}
    where provider = 'files'
    union all
    select
        'tickets' as source_table,
        created_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount
    from {{ ref("int_tickets") }}
    where provider = 'files'
)

select
    'files' as provider,
    source_table,
    {{ month_of(local_date("fact_at")) }} as metric_month,
    currency,
    count(*) as row_count,
    sum(amount) as amount_sum
from rows_used
group by source_table, {{ month_of(local_date("fact_at")) }}, currency
