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


{# Common table expressions: `name`, the rows of `spans` that have an end, each with the version of
   the schedule that was in force at that end, for the whole span, and open_seconds, for how long it
   was open within. `spans` has ticket_key, provider, starts_at and ends_at; `columns` of it are
   kept. Rows without a schedule are left out. #}
{% macro open_seconds_of(name, spans, columns) -%}
{{ name }}_defaults as (
    select
        provider,
        min(schedule_id) as schedule_id
    from {{ ref("int_schedule_versions") }}
    where is_default
    group by provider
),

{{ name }}_versions as (
    select
        {% for column in columns %}spans.{{ column }},{% endfor %}
        spans.starts_at,
        spans.ends_at,
        versions.schedule_version
    from {{ spans }} as spans
    inner join {{ name }}_defaults as defaults
        on spans.provider = defaults.provider
    left join {{ ref("int_ticket_schedules") }} as schedules
        on
            spans.ticket_key = schedules.ticket_key
            and spans.ends_at >= schedules.starts_at
            and spans.ends_at < schedules.ends_at
    inner join {{ ref("int_schedule_versions") }} as versions
        on
            spans.provider = versions.provider
            and coalesce(schedules.schedule_id, defaults.schedule_id) = versions.schedule_id
            and spans.ends_at >= versions.valid_from
            and spans.ends_at < versions.valid_to
),

{{ name }} as (
    select
        {% for column in columns %}spans.{{ column }},{% endfor %}
        ({{ open_seconds_until("at_end", "spans.ends_at") }})
        - ({{ open_seconds_until("at_start", "spans.starts_at") }}) as open_seconds
    from {{ name }}_versions as spans
    inner join {{ ref("int_schedule_hours") }} as at_start
        on {{ holds_instant("at_start", "spans.schedule_version", "spans.starts_at") }}
    inner join {{ ref("int_schedule_hours") }} as at_end
        on {{ holds_instant("at_end", "spans.schedule_version", "spans.ends_at") }}
)
{%- endmacro %}
