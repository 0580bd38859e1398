-- A view, so that it shows what the run wrote after its last model was built.
select
    check_name,
    checked_table,
    severity,
    status,
    failures,
    description
from {{ source("operations", "check_results") }}
