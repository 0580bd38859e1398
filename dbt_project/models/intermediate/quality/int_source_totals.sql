-- What every source table held, by month and currency, counted before it was loaded.
select
    'files' as provider,
    file_table as source_table,
    metric_month,
    currency,
    row_count,
    amount_sum
from {{ ref("stg_files__control_totals") }}
union all
select
    'stripe' as provider,
    source_table,
    metric_month,
    currency,
    row_count,
    amount_sum
from {{ ref("stg_stripe__control_totals") }}
union all
select
    'zendesk' as provider,
    source_table,
    metric_month,
    cast(null as text) as currency,
    row_count,
    cast(null as decimal(28, 6)) as amount_sum
from {{ ref("stg_zendesk__control_totals") }}
