-- Volumes by the month of their event, times by the month of the event that ends them. What two
-- counts are divided by is null where there is nothing to count, and so are times.
{% set times = {
    "first_reply": "first_replied_at",
    "first_resolution": "first_solved_at",
    "full_resolution": "solved_at",
    "requester_wait": "solved_at",
} %}

with tickets as (
    select
        tickets.*,
        {% for time in times %}
            times.{{ time }}_calendar_seconds,
            times.{{ time }}_business_seconds{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref("int_tickets") }} as tickets
    inner join {{ ref("int_ticket_times") }} as times
        on tickets.ticket_number = times.ticket_number
    where tickets.is_counted
),

created as (
    select
        {{ month_of(local_date("created_at")) }} as metric_month,
        count(*) as created_tickets
    from tickets
    group by {{ month_of(local_date("created_at")) }}
),

{% for time, moment in times.items() %}
    {{ time }} as (
        select
            {{ month_of(local_date(moment)) }} as metric_month,
            count(*) as tickets,
            {% if time == "full_resolution" %}
                sum(case when replies = 1 and reopens = 0 then 1 else 0 end) as one_touch_tickets,
                sum(case when replies is not null and reopens is not null then 1 else 0 end)
                    as tickets_of_known_touches,
                sum(case when reopens > 0 then 1 else 0 end) as reopened_tickets,
                count(reopens) as tickets_of_known_reopens,
            {% endif %}
            {% for clock in ["calendar", "business"] %}
                {{ percentile_minutes(0.5, time ~ "_" ~ clock ~ "_seconds") }}
                    as {{ clock }}_minutes_median,
                {{ percentile_minutes(0.9, time ~ "_" ~ clock ~ "_seconds") }}
                    as {{ clock }}_minutes_p90{% if not loop.last %},{% endif %}
            {% endfor %}
        from tickets
        where {{ moment }} is not null
        group by {{ month_of(local_date(moment)) }}
    ),
{% endfor %}

ratings as (
    select ratings.*
    from {{ ref("int_ticket_ratings") }} as ratings
    inner join tickets
        on ratings.ticket_key = tickets.ticket_key
),

latest_ratings as (
    select
        {{ month_of(local_date("rated_at")) }} as metric_month,
        count(*) as rated_tickets,
        sum(case when rating_latest = 'good' then 1 else 0 end) as good_tickets
    from ratings
    where rated_at is not null
    group by {{ month_of(local_date("rated_at")) }}
),

first_ratings as (
    select
        {{ month_of(local_date("first_rated_at")) }} as metric_month,
        count(*) as rated_tickets,
        sum(case when rating_first = 'good' then 1 else 0 end) as good_tickets
    from ratings
    where first_rated_at is not null
    group by {{ month_of(local_date("first_rated_at")) }}
),

offers as (
    select
        {{ month_of(local_date("offered_at")) }} as metric_month,
        count(*) as offered_tickets,
        count(rated_at) as answered_tickets
    from ratings
    where offered_at is not null
    group by {{ month_of(local_date("offered_at")) }}
),

slas as (
    select
        {{ month_of(local_date("slas.decided_at")) }} as metric_month,
        count(*) as decided_targets,
        sum(case when slas.is_attained then 1 else 0 end) as attained_targets
    from {{ ref("int_ticket_slas") }} as slas
    inner join tickets
        on slas.ticket_key = tickets.ticket_key
    group by {{ month_of(local_date("slas.decided_at")) }}
),

backlog as (
    select
        backlog_on,
        sum(tickets) as backlog_tickets
    from {{ ref("int_backlog_days") }}
    group by backlog_on
)

select
    months.metric_month,
    cast(coalesce(created.created_tickets, 0) as bigint) as created_tickets,
    cast(coalesce(first_reply.tickets, 0) as bigint) as first_replied_tickets,
    cast(coalesce(full_resolution.tickets, 0) as bigint) as solved_tickets,
    cast(coalesce(backlog.backlog_tickets, 0) as bigint) as backlog_tickets,
    {% for time in times %}
        {% for clock in ["calendar", "business"] %}
            {% for statistic in ["median", "p90"] %}
                {{ time }}.{{ clock }}_minutes_{{ statistic }}
                    as {{ time }}_{{ clock }}_minutes_{{ statistic }},
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {{ ratio("full_resolution.one_touch_tickets", "full_resolution.tickets_of_known_touches") }}
        as one_touch_rate,
    {{ ratio("full_resolution.reopened_tickets", "full_resolution.tickets_of_known_reopens") }}
        as reopen_rate,
    cast(coalesce(latest_ratings.rated_tickets, 0) as bigint) as rated_tickets,
    cast(coalesce(latest_ratings.good_tickets, 0) as bigint) as good_tickets,
    {{ ratio("latest_ratings.good_tickets", "latest_ratings.rated_tickets") }} as csat,
    {{ ratio("first_ratings.good_tickets", "first_ratings.rated_tickets") }} as csat_first,
    cast(coalesce(offers.offered_tickets, 0) as bigint) as offered_tickets,
    {{ ratio("offers.answered_tickets", "offers.offered_tickets") }} as response_rate,
    cast(coalesce(slas.decided_targets, 0) as bigint) as decided_targets,
    cast(coalesce(slas.attained_targets, 0) as bigint) as attained_targets,
    {{ ratio("slas.attained_targets", "slas.decided_targets") }} as sla_attainment,
    months.is_closed
from {{ ref("int_support_months") }} as months
left join created
    on months.metric_month = created.metric_month
{% for time in times %}
    left join {{ time }}
        on months.metric_month = {{ time }}.metric_month
{% endfor %}
left join latest_ratings
    on months.metric_month = latest_ratings.metric_month
left join first_ratings
    on months.metric_month = first_ratings.metric_month
left join offers
    on months.metric_month = offers.metric_month
left join slas
    on months.metric_month = slas.metric_month
left join backlog
    on months.closes_on = backlog.backlog_on
order by months.metric_month
