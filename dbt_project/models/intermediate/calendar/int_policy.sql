-- The one metric policy that the run reports by. The version changes with every column.
select
    policy,
    cast(version as text) || '-' || substr(
        md5(
            concat_ws(
                ',', year_numerator, year_denominator, month_numerator, month_denominator,
                week_numerator, week_denominator, day_numerator, day_denominator, past_due_days,
                paused_days, close_after_days, cast({{ amount("gross_margin") }} as text),
                case when quick_ratio_counts_reactivation then 'true' else 'false' end
            )
        ),
        1, 8
    ) as policy_version,
    past_due_days,
    paused_days,
    close_after_days,
    {{ amount("gross_margin") }} as gross_margin,
    quick_ratio_counts_reactivation
from {{ ref("metric_policies") }}
where policy = '{{ var("policy") }}'
