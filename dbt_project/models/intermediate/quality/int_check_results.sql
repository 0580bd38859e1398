{{ config(materialized="view") }}

-- A view, because the checks of a run end after its last table is built.
select
    check_name,
    checked_table,
    severity,
    status,
    failures,
    description,
    severity = 'error' as is_blocking
from {{ ref("stg_operations__check_results") }}
