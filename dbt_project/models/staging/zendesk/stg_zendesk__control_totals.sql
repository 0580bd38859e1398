-- What the API served of each table, by month in UTC. A load adds what it brings and takes off what
-- the versions before had, so that all complete loads together are what is there now; one that was
-- finished twice counts once.
with loads as (
    select distinct
        totals._dlt_load_id,
        totals.resource,
        totals.{{ adapter.quote("month") }} as created_month,
        totals.row_count
    from {{ source("raw_zendesk", "control_totals") }} as totals
    inner join {{ source("raw_zendesk", "_dlt_loads") }} as completed_loads
        on totals._dlt_load_id = completed_loads.load_id
    where completed_loads.status = 0
)

select
    resource as source_table,
    cast(nullif(created_month, '') || '-01' as date) as metric_month,
    sum(row_count) as row_count
from loads
group by resource, created_month
having sum(row_count) <> 0
