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

coverage as (
    select
        'files' as source,
        current_files.file_table as source_table,
        current_files.is_present,
        coalesce(facts.row_count, 0) as row_count,
        facts.first_fact_at,
        facts.last_fact_at
    from {{ ref("stg_files__current_files") }} as current_files
    left join facts
        on current_files.file_table = facts.source_table
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
)

select
    source,
    source_table,
    is_present,
    cast(row_count as bigint) as row_count,
    first_fact_at,
    last_fact_at,
    {{ ratio(
        "cast(extract(epoch from (" ~ as_of() ~ " - last_fact_at)) as bigint)", 3600
    ) }} as hours_since_last_fact
from coverage
order by source, source_table
