-- Every row that a source's tables hold, with the month, currency and amount it is counted by, and
-- whether a mart carries it, or why not.
with stripe_left_out as (
    select
        'charges' as source_table,
        charge_id as object_id,
        'not settled' as reason
    from {{ ref("stg_stripe__charges") }}
    where status not in ('succeeded', 'failed')
    union all
    select
        'refunds' as source_table,
        refunds.refund_id as object_id,
        case
            when refunds.status in ('failed', 'canceled') then 'failed or cancelled'
            else 'of no charge that settled'
        end as reason
    from {{ ref("stg_stripe__refunds") }} as refunds
    left join {{ ref("stg_stripe__charges") }} as charges
        on
            refunds.charge_id = charges.charge_id
            and charges.status in ('succeeded', 'failed')
    where refunds.status in ('failed', 'canceled') or charges.charge_id is null
),

rows_loaded as (
    select
        'files' as provider,
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
        'files' as provider,
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
        'files' as provider,
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
        'files' as provider,
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
        'files' as provider,
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
        'files' as provider,
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
        'files' as provider,
        'exchange_rates' as source_table,
        {{ local_midnight("rate_date") }} as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount,
        1 as row_count,
        cast(null as text) as left_out_because,
        false as is_in_marts
    from {{ ref("stg_files__exchange_rates") }}
    union all
    select
        'stripe' as provider,
        stripe_objects.source_table,
        stripe_objects.created_at as fact_at,
        stripe_objects.currency,
        stripe_objects.amount,
        1 as row_count,
        case
            when stripe_objects.source_table not in ('customers', 'charges', 'refunds')
                then cast(null as text)
            when stripe_objects.created_at >= {{ as_of() }} then 'after as_of'
            else stripe_left_out.reason
        end as left_out_because,
        stripe_objects.source_table in ('customers', 'charges', 'refunds') as is_in_marts
    from {{ ref("stg_stripe__current_objects") }} as stripe_objects
    left join stripe_left_out
        on
            stripe_objects.source_table = stripe_left_out.source_table
            and stripe_objects.object_id = stripe_left_out.object_id
    union all
    select
        'zendesk' as provider,
        'tickets' as source_table,
        created_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount,
        1 as row_count,
        case
            when created_at is null then 'without a time of creation'
            when created_at >= {{ as_of() }} then 'after as_of'
        end as left_out_because,
        true as is_in_marts
    from {{ ref("stg_zendesk__tickets") }}
    where not is_deleted
    union all
    select
        'zendesk' as provider,
        source_table,
        last_created_at as fact_at,
        cast(null as text) as currency,
        cast(null as decimal(28, 6)) as amount,
        cast(row_count as integer) as row_count,
        cast(null as text) as left_out_because,
        false as is_in_marts
    from {{ ref("stg_zendesk__object_counts") }}
    where source_table <> 'tickets'
)

select
    provider,
    source_table,
    fact_at,
    {{ source_month("provider", "fact_at") }} as metric_month,
    currency,
    amount,
    row_count,
    left_out_because,
    is_in_marts
from rows_loaded
