{{ config(materialized="view") }}

-- A view, because the checks of a run end after its last table is built; the published copy is a
-- table.
select
    check_name,
    checked_table,
    severity,
    status,
    failures,
    description,
    is_blocking
from {{ ref("int_check_results") }}
order by check_name
