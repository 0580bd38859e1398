-- One row for each trial: the unbroken time a subscription was on trial. It counts as one if it is
-- its customer's first and the customer neither paid nor was paused when it began. It is converted
-- if the customer paid something on the day it ended or in the 30 days after.
{% set conversion_days = 30 %}

with periods as (
    select
        customer_id,
        subscription_key,
        subscription_period_id,
        started_on,
        ended_on,
        max(ended_on) over (
            partition by customer_id, subscription_key
            order by started_on, ended_on, subscription_period_id
            rows between unbounded preceding and 1 preceding
        ) as reached_on
    from {{ ref("int_subscription_periods") }}
    where status = 'trialing' and is_recurring and not is_metered
),

numbered as (
    select
        *,
        sum(case when started_on <= reached_on then 0 else 1 end) over (
            partition by customer_id, subscription_key
            order by started_on, ended_on, subscription_period_id
            rows between unbounded preceding and current row
        ) as stretch
    from periods
),

stretches as (
    select
        customer_id,
        subscription_key,
        min(started_on) as started_on,
        max(ended_on) as left_on
    from numbered
    group by customer_id, subscription_key, stretch
),

trials as (
    select
        customer_id,
        subscription_key,
        started_on,
        left_on,
        {{ add_days("left_on", conversion_days) }} as converts_until_on,
        row_number() over (
            partition by customer_id order by started_on, left_on, subscription_key
        ) as trial_number
    from stretches
),

payers as (
    select
        trials.customer_id,
        max(
            case
                when
                    days.changed_on <= trials.started_on
                    and (
                        days.next_changed_on is null
                        or days.next_changed_on >= trials.started_on
                    )
                    then 1
                else 0
            end
        ) as is_payer
    from trials
    inner join {{ ref("int_mrr_customer_days") }} as days
        on trials.customer_id = days.customer_id
    where trials.trial_number = 1 and days.customer_status in ('paying', 'paused')
    group by trials.customer_id
),

conversions as (
    select
        trials.customer_id,
        trials.subscription_key,
        trials.started_on,
        min(payments.occurred_on) as first_charged_on
    from trials
    inner join {{ ref("int_payments") }} as payments
        on
            trials.customer_id = payments.customer_id
            and trials.left_on <= payments.occurred_on
            and trials.converts_until_on >= payments.occurred_on
    where
        payments.kind = 'charge'
        and payments.status = 'succeeded'
        and payments.amount > 0
    group by trials.customer_id, trials.subscription_key, trials.started_on
)

select
    trials.customer_id,
    trials.subscription_key,
    trials.started_on,
    case when trials.left_on <= {{ last_day() }} then trials.left_on end as ended_on,
    conversions.first_charged_on,
    conversions.first_charged_on is not null as is_converted,
    trials.trial_number = 1 and coalesce(payers.is_payer, 0) = 0 as is_counted
from trials
left join payers
    on trials.customer_id = payers.customer_id
left join conversions
    on
        trials.customer_id = conversions.customer_id
        and trials.subscription_key = conversions.subscription_key
        and trials.started_on = conversions.started_on
