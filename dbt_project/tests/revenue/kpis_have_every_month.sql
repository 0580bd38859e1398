with bounds as (
    select
        count(*) as months,
        min(metric_month) as first_month,
        max(metric_month) as final_month
    from {{ ref("kpis_monthly") }}
)

select *
from bounds
where
    months > 0
    and (
        final_month <> {{ month_of(last_day()) }}
        or months <> {{ months_between("first_month", "final_month") }} + 1
    )
