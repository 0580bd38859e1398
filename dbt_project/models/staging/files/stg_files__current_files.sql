-- One row for each table of the form: its file's newest completely loaded version.
with completed_loads as (
    select load_id
    from {{ source("raw_files", "_dlt_loads") }}
    where status = 0
),

versions as (
    select
        source_files.file_table,
        source_files.file_name,
        source_files.content_hash,
        source_files.row_count,
        source_files.column_names,
        source_files.is_present,
        source_files._dlt_load_id as load_id,
        {{ to_utc("source_files.observed_at") }} as observed_at,
        row_number() over (
            partition by source_files.file_table order by source_files._dlt_load_id desc
        ) as recency
    from {{ source("raw_files", "source_files") }} as source_files
    inner join completed_loads
        on source_files._dlt_load_id = completed_loads.load_id
)

select
    file_table,
    file_name,
    content_hash,
    row_count,
    column_names,
    is_present,
    load_id,
    observed_at
from versions
where recency = 1
