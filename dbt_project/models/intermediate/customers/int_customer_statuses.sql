-- Where each customer who ever had MRR stands at as_of.
with days as (
    select
        *,
        row_number() over (partition by customer_id order by changed_on desc) as recency,
        min(case when customer_status = 'paying' then changed_on end) over (
            partition by customer_id
        ) as first_paid_on,
        max(case when change_kind in ('churn', 'churn_while_paused') then changed_on end) over (
            partition by customer_id
        ) as last_churned_on
    from {{ ref("int_mrr_customer_days") }}
),

positions as (
    select
        customer_id,
        currency,
        rate,
        {% for column in ["mrr", "past_due_mrr", "pipeline_mrr"] %}
            {{ amount("sum(" ~ column ~ ")") }} as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("int_subscription_item_months") }}
    where closes_on = {{ last_day() }}
    group by customer_id, currency, rate
),

balances as (
    select
        customer_id,
        {% for column in ["mrr", "past_due_mrr", "pipeline_mrr"] %}
            sum({{ amount(column ~ " * rate") }}) as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from positions
    group by customer_id
)

select
    customers.customer_id,
    case
        when days.customer_status in ('paying', 'paused', 'churned') then days.customer_status
        when balances.pipeline_mrr > 0 then 'trialing'
        else 'never_paid'
    end as customer_status,
    days.first_paid_on,
    case when days.customer_status = 'churned' then days.last_churned_on end as churned_on,
    {{ amount("coalesce(balances.mrr, 0)") }} as mrr,
    {{ amount("coalesce(balances.past_due_mrr, 0)") }} as past_due_mrr
from {{ ref("int_customers") }} as customers
left join days
    on customers.customer_id = days.customer_id and days.recency = 1
left join balances
    on customers.customer_id = balances.customer_id
