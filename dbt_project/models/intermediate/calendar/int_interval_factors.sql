-- For each billing interval: how many of it a month holds under the run's policy, as a fraction,
-- and the policy's day limits, so that periods meet their policy in one join.
with policy as (
    select *
    from {{ ref("metric_policies") }}
    where policy = '{{ var("policy") }}'
)

{% for interval in ["day", "week", "month", "year"] %}
    select
        '{{ interval }}' as billing_interval,
        {{ interval }}_numerator as factor_numerator,
        {{ interval }}_denominator as factor_denominator,
        past_due_days,
        paused_days
    from policy
    {% if not loop.last %}union all{% endif %}
{% endfor %}
