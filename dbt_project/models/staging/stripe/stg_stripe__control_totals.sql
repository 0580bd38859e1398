-- What the API served of each table, by month in UTC and currency. A load adds what it brings and
-- takes off what the versions before had, so that all complete loads together are what is there
-- now; one that was finished twice counts once.
with loads as (
    select distinct
        totals._dlt_load_id,
        totals.resource,
        totals.{{ adapter.quote("month") }} as created_month,
        totals.currency,
        totals.row_count,
        totals.amount_sum
    from {{ source("raw_stripe", "control_totals") }} as totals
    inner join {{ source("raw_stripe", "_dlt_loads") }} as completed_loads
        on totals._dlt_load_id = completed_loads.load_id
    where completed_loads.status = 0
),

typed as (
    select
        resource as source_table,
        cast(nullif(created_month, '') || '-01' as date) as metric_month,
        case
            when {{ stripe_has_amount("resource") }} then upper(nullif(currency, ''))
        end as currency,
        row_count,
        case when {{ stripe_has_amount("resource") }} then amount_sum end as amount_minor
    from loads
)

select
    source_table,
    metric_month,
    currency,
    sum(row_count) as row_count,
    {{ stripe_amount("sum(amount_minor)", "currency") }} as amount_sum
from typed
group by source_table, metric_month, currency
having sum(row_count) <> 0 or sum(amount_minor) <> 0
