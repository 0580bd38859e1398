-- How many rows of each source table reached the models that the marts are made of.
with rows_used as (
    select
        provider,
        'customers' as source_table,
        created_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount
    from {{ ref("int_accounts") }}
    where is_on_record
    union all
    select
        provider,
        'subscription_periods' as source_table,
        started_at as fact_at,
        currency,
        unit_amount as amount
    from {{ ref("int_subscription_periods") }}
    where provider = 'files'
    union all
    select
        provider,
        case
            when provider = 'files' then 'payments'
            when kind = 'charge' then 'charges'
            else 'refunds'
        end as source_table,
        occurred_at as fact_at,
        currency,
        abs(amount) as amount
    from {{ ref("int_payments") }}
    -- A dispute is an event for each movement of money it brings.
    where provider = 'files' or kind in ('charge', 'refund')
    union all
    select
        'files' as provider,
        'tickets' as source_table,
        created_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount
    from {{ ref("int_tickets") }}
    where provider = 'files'
    union all
    -- The marts keep a ticket that was deleted; its source no longer counts it.
    select
        tickets.provider,
        'tickets' as source_table,
        tickets.created_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount
    from {{ ref("int_tickets") }} as tickets
    inner join {{ ref("stg_zendesk__tickets") }} as present
        on tickets.ticket_id = present.ticket_id
    where tickets.provider = 'zendesk' and not present.is_deleted
),

dated as (
    select
        *,
        {{ source_month("provider", "fact_at") }} as metric_month
    from rows_used
)

select
    provider,
    source_table,
    metric_month,
    currency,
    count(*) as row_count,
    sum(amount) as amount_sum
from dated
group by provider, source_table, metric_month, currency
