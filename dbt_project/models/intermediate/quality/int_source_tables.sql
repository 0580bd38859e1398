-- Every source table that was ever loaded: whether it still is, and from when to when its facts
-- reach, before as_of.
with facts as (
    select
        provider,
        source_table,
        sum(row_count) as row_count,
        min(fact_at) as first_fact_at,
        max(case when fact_at < {{ as_of() }} then fact_at end) as last_fact_at
    from {{ ref("int_source_rows") }}
    group by provider, source_table
),

reference_rates as (
    select
        count(*) as row_count,
        min(rate_date) as first_date,
        max(case when rate_date <= {{ last_day() }} then rate_date end) as last_date
    from {{ ref("stg_exchange_rates__reference_rates") }}
),

tables as (
    select
        'files' as source,
        current_files.file_table as source_table,
        current_files.is_present,
        coalesce(facts.row_count, 0) as row_count,
        facts.first_fact_at,
        facts.last_fact_at
    from {{ ref("stg_files__current_files") }} as current_files
    left join facts
        on
            current_files.file_table = facts.source_table
            and facts.provider = 'files'
    union all
    select
        'exchange_rates' as source,
        'reference_rates' as source_table,
        true as is_present,
        row_count,
        {{ local_midnight("first_date") }} as first_fact_at,
        {{ local_midnight("last_date") }} as last_fact_at
    from reference_rates
    where row_count > 0
    union all
    select
        provider as source,
        source_table,
        true as is_present,
        row_count,
        first_fact_at,
        last_fact_at
    from facts
    where provider not in ('files', 'zendesk')
    union all
    select
        'zendesk' as source,
        source_table,
        true as is_present,
        sum(row_count) as row_count,
        min(first_created_at) as first_fact_at,
        max(case when last_created_at < {{ as_of() }} then last_created_at end) as last_fact_at
    from {{ ref("stg_zendesk__object_counts") }}
    group by source_table
)

select
    *,
    -- What customers are known by; nothing of a kind is known while no such table was loaded.
    case
        when source_table in ('payments', 'charges') then 'payments'
        when source_table in ('tickets', 'usage') then source_table
    end as fact_kind
from tables
