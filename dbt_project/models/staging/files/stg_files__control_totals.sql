-- What each current file held, counted from its text before it was loaded.
with current_files as (
    select
        file_table,
        load_id
    from {{ ref("stg_files__current_files") }}
),

totals as (
    select distinct
        _dlt_load_id,
        file_table,
        {{ adapter.quote("month") }} as metric_month,
        currency,
        row_count,
        amount_sum
    from {{ source("raw_files", "control_totals") }}
)

select
    totals.file_table,
    totals.metric_month,
    totals.currency,
    totals.row_count,
    {{ amount("totals.amount_sum") }} as amount_sum
from totals
inner join current_files
    on
        totals._dlt_load_id = current_files.load_id
        and totals.file_table = current_files.file_table
