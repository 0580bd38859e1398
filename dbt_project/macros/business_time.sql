{# Business time by running totals. A schedule is open for so many seconds up to an instant; between
   two instants it was open for the difference. int_schedule_hours has one row for each UTC day of a
   version of a schedule, more where it opens more than once, with the total at the row's start. #}

{# The condition that joins the row of int_schedule_hours that holds an instant. #}
{% macro holds_instant(hours, schedule_version, instant) -%}
    {{ schedule_version }} = {{ hours }}.schedule_version
    and cast({{ instant }} as date) = {{ hours }}.utc_day
    and {{ instant }} >= {{ hours }}.starts_at
    and {{ instant }} < {{ hours }}.ends_at
{%- endmacro %}


{# For how many seconds a schedule was open up to an instant, from that row. #}
{% macro open_seconds_until(hours, instant) -%}
    {{ hours }}.seconds_before + least(
        greatest({{ seconds_between(hours ~ ".opens_at", instant) }}, 0), {{ hours }}.open_seconds
    )
{%- endmacro %}


{# Common table expressions: `name`, the rows of `spans`, each with open_seconds, for how long it was
   open within by the version of its schedule that was in force at its end; null without a schedule
   or an end. `spans` has ticket_number, provider, starts_at and ends_at; `columns` of it are kept. #}
{% macro open_seconds_of(name, spans, columns) -%}
{{ name }}_schedules as (
    select
        {% for column in columns %}spans.{{ column }},{% endfor %}
        spans.starts_at,
        spans.ends_at,
        coalesce(schedules.schedule_id, defaults.schedule_id) as schedule_id
    from {{ spans }} as spans
    inner join default_schedules as defaults
        on spans.provider = defaults.provider
    left join {{ ref("int_ticket_schedules") }} as schedules
        on
            spans.ticket_number = schedules.ticket_number
            and spans.ends_at >= schedules.starts_at
            and spans.ends_at < schedules.ends_at
),

{{ name }} as (
    select
        {% for column in columns %}spans.{{ column }},{% endfor %}
        spans.starts_at,
        spans.ends_at,
        ({{ open_seconds_until("at_end", "spans.ends_at") }})
        - ({{ open_seconds_until("at_start", "spans.starts_at") }}) as open_seconds
    from {{ name }}_schedules as spans
    left join {{ ref("int_schedule_versions") }} as versions
        on
            spans.schedule_id = versions.schedule_id
            and spans.ends_at >= versions.valid_from
            and spans.ends_at < versions.valid_to
    left join {{ ref("int_schedule_hours") }} as at_start
        on {{ holds_instant("at_start", "versions.schedule_version", "spans.starts_at") }}
    left join {{ ref("int_schedule_hours") }} as at_end
        on {{ holds_instant("at_end", "versions.schedule_version", "spans.ends_at") }}
)
{%- endmacro %}
