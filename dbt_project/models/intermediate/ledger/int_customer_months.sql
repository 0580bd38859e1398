-- Customers that were paying or paused when a month closed.
with states as (
    select
        customer_id,
        customer_status,
        changed_on,
        next_changed_on,
        {{ each_month(
            month_of("changed_on"),
            month_of("coalesce(" ~ add_days("next_changed_on", -1) ~ ", " ~ last_day() ~ ")")
        ) }} as metric_month
    from {{ ref("int_mrr_customer_days") }}
    where customer_status in ('paying', 'paused')
)

select
    states.customer_id,
    months.metric_month,
    months.next_month,
    states.customer_status
from states
inner join {{ ref("int_months") }} as months
    on states.metric_month = months.metric_month
where
    months.closes_on >= states.changed_on
    and (states.next_changed_on is null or months.closes_on < states.next_changed_on)
