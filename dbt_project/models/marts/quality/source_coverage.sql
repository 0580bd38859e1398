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
from {{ ref("int_source_tables") }}
order by source, source_table
