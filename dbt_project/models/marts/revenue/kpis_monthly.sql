select
    metric_month,
    {{ kpi_columns() | join(",\n    ") }}
from {{ ref("int_segment_months") }}
where segment_kind = 'all'
order by metric_month
