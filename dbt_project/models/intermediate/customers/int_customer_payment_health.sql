-- What each customer has paid, and how the last 90 days of charges went.
{% set recent_from = add_days(last_day(), -89) %}

select
    customer_id,
    sum(
        case
            when status = 'succeeded' and is_recurring then reporting_amount - reporting_tax
            else 0
        end
    ) as cltv_collected,
    sum(
        case
            when status = 'succeeded' and is_recurring
                then reporting_amount - reporting_tax - reporting_fee
            else 0
        end
    ) as cltv_collected_net_of_fees,
    max(case when kind = 'charge' and status = 'succeeded' then occurred_at end)
        as last_paid_at,
    sum(
        case
            when kind = 'charge' and status = 'failed' and occurred_on >= {{ recent_from }} then 1
            else 0
        end
    ) as failed_charges_90_days,
    sum(case when kind = 'dispute' and occurred_on >= {{ recent_from }} then 1 else 0 end)
        as disputes_90_days,
    max(case when kind = 'charge' and status = 'failed' then occurred_at end) as last_failed_at
from {{ ref("int_payments_valued") }}
group by customer_id
