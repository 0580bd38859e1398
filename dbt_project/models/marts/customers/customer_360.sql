-- Unknown is null: a column stays empty for everybody while no source of its kind was ever loaded,
-- and is 0 for a customer of whom a loaded source says nothing.
with loaded as (
    select
        max(case when source_table = 'payments' and is_present then 1 else 0 end) as has_payments,
        max(case when source_table = 'tickets' and is_present then 1 else 0 end) as has_tickets,
        max(case when source_table = 'usage' and is_present then 1 else 0 end) as has_usage
    from {{ ref("int_source_tables") }}
),

joined as (
    select
        customers.*,
        statuses.customer_status,
        statuses.first_paid_on,
        statuses.churned_on,
        statuses.mrr,
        statuses.past_due_mrr,
        payments.last_paid_at,
        payments.last_failed_at,
        support.last_rating,
        support.good_tickets,
        topics.usage_topics,
        topics.challenges,
        topics.blockers,
        support.last_human_contact_at,
        usage.last_used_on,
        loaded.has_payments,
        loaded.has_tickets,
        {% for column in ["cltv_collected", "cltv_collected_net_of_fees"] %}
            case when loaded.has_payments = 1 then coalesce(payments.{{ column }}, 0) end
                as {{ column }},
        {% endfor %}
        {% for column in ["failed_charges_90_days", "disputes_90_days"] %}
            case when loaded.has_payments = 1 then coalesce(payments.{{ column }}, 0) end
                as {{ column }},
        {% endfor %}
        {% for column in [
            "tickets_ever", "tickets_90_days", "open_tickets", "reopens_90_days", "rated_tickets",
        ] %}
            case when loaded.has_tickets = 1 then coalesce(support.{{ column }}, 0) end
                as {{ column }},
        {% endfor %}
        {% for column in ["features_used_30_days", "usage_quantity_30_days"] %}
            case when loaded.has_usage = 1 then coalesce(usage.{{ column }}, 0) end
                as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("int_customers") }} as customers
    inner join {{ ref("int_customer_statuses") }} as statuses
        on customers.customer_id = statuses.customer_id
    left join {{ ref("int_customer_payment_health") }} as payments
        on customers.customer_id = payments.customer_id
    left join {{ ref("int_customer_support_health") }} as support
        on customers.customer_id = support.customer_id
    left join {{ ref("int_customer_topics") }} as topics
        on customers.customer_id = topics.customer_id
    left join {{ ref("int_customer_usage") }} as usage
        on customers.customer_id = usage.customer_id
    cross join loaded
)

select
    customer_id,
    name,
    company,
    country,
    segment,
    acquisition_channel,
    customer_status,
    '{{ var("currency") }}' as currency,
    mrr,
    past_due_mrr,
    first_paid_on,
    churned_on,
    case
        when first_paid_on is not null
            then
                {{ months_between(
                    month_of("first_paid_on"), month_of("coalesce(churned_on, " ~ last_day() ~ ")")
                ) }}
    end as tenure_months,
    {{ amount("cltv_collected") }} as cltv_collected,
    {{ amount("cltv_collected_net_of_fees") }} as cltv_collected_net_of_fees,
    case
        when has_payments = 0 and past_due_mrr = 0 then null
        when past_due_mrr > 0 then 'past_due'
        when disputes_90_days > 0 then 'disputed'
        when last_failed_at > coalesce(last_paid_at, timestamp '1900-01-01 00:00:00')
            then 'failing'
        when failed_charges_90_days > 0 then 'recovered'
        when last_paid_at is not null then 'good'
    end as payment_health,
    last_paid_at,
    cast(failed_charges_90_days as integer) as failed_charges_90_days,
    cast(disputes_90_days as integer) as disputes_90_days,
    case
        when has_tickets = 0 then null
        when tickets_ever = 0 then 'no_contact'
        when last_rating = 'bad' then 'unhappy'
        when open_tickets > 2 or reopens_90_days > 1 then 'struggling'
        when last_rating = 'good' then 'happy'
        else 'neutral'
    end as support_health,
    cast(tickets_ever as integer) as tickets_ever,
    cast(tickets_90_days as integer) as tickets_90_days,
    cast(open_tickets as integer) as open_tickets,
    cast(reopens_90_days as integer) as reopens_90_days,
    last_rating,
    cast(rated_tickets as integer) as rated_tickets,
    {{ ratio("good_tickets", "rated_tickets") }} as csat,
    usage_topics,
    challenges,
    blockers,
    last_human_contact_at,
    last_used_on,
    cast(features_used_30_days as integer) as features_used_30_days,
    {{ amount("usage_quantity_30_days") }} as usage_quantity_30_days
from joined
order by customer_id
