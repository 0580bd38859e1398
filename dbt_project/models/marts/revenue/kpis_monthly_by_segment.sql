select
    metric_month,
    segment_kind,
    segment_value,
    {{ kpi_columns() | join(",\n    ") }},
    transferred_in_mrr,
    transferred_out_mrr,
    transferred_in_customers,
    transferred_out_customers
from {{ ref("int_segment_months") }}
where segment_kind <> 'all'
order by segment_kind, segment_value, metric_month
