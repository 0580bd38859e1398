{# The run's one clock: an instant in UTC. Facts at or after it do not exist. #}
{% macro as_of() -%}
    cast('{{ var("as_of") }}' as timestamp)
{%- endmacro %}


{# The reporting day that holds the last instant before as_of. #}
{% macro last_day() -%}
    {{ local_date(as_of() ~ " - interval '1 microsecond'") }}
{%- endmacro %}


{# An instant with a zone, as UTC without one. #}
{% macro to_utc(expression) -%}
    ({{ expression }} at time zone 'UTC')
{%- endmacro %}


{# The day in the reporting time zone of an instant in UTC. #}
{% macro local_date(expression) -%}
    {% if var("time_zone") == "UTC" -%}
        cast(({{ expression }}) as date)
    {%- else -%}
        cast(({{ expression }}) at time zone 'UTC' at time zone '{{ var("time_zone") }}' as date)
    {%- endif %}
{%- endmacro %}


{# The instant in UTC at which a day of the reporting time zone begins. #}
{% macro local_midnight(expression) -%}
    (cast({{ expression }} as timestamp) at time zone '{{ var("time_zone") }}' at time zone 'UTC')
{%- endmacro %}


{% macro month_of(expression) -%}
    cast(date_trunc('month', {{ expression }}) as date)
{%- endmacro %}


{# The month by which a source's rows are counted before they are loaded: of an API in UTC. #}
{% macro source_month(provider, expression) -%}
    case
        when {{ provider }} in ('stripe', 'zendesk') then {{ month_of(expression) }}
        else {{ month_of(local_date(expression)) }}
    end
{%- endmacro %}


{% macro add_days(expression, days) -%}
    cast({{ expression }} + {{ days }} * interval '1 day' as date)
{%- endmacro %}


{% macro add_months(expression, months) -%}
    cast({{ expression }} + {{ months }} * interval '1 month' as date)
{%- endmacro %}


{# The day on which a billing interval that begins on a day is over. #}
{% macro add_interval(expression, billing_interval, interval_count) -%}
    case {{ billing_interval }}
        {% for unit, length in [("day", "1 day"), ("week", "7 days"), ("month", "1 month")] %}
            when '{{ unit }}'
                then cast({{ expression }} + {{ interval_count }} * interval '{{ length }}' as date)
        {% endfor %}
        else cast({{ expression }} + {{ interval_count }} * interval '1 year' as date)
    end
{%- endmacro %}


{# Minutes from one instant to a later one. #}
{% macro minutes_between(earlier, later) -%}
    {{ ratio("cast(extract(epoch from (" ~ later ~ " - " ~ earlier ~ ")) as bigint)", 60) }}
{%- endmacro %}


{# Whole seconds from one instant to a later one. #}
{% macro seconds_between(earlier, later) -%}
    cast(extract(epoch from ({{ later }} - {{ earlier }})) as bigint)
{%- endmacro %}


{# Whole seconds as minutes of six decimals, rounded half up. #}
{% macro minutes(seconds) -%}
    {{ from_micros(divide_half_up("cast(" ~ seconds ~ " as bigint) * 1000000", 60)) }}
{%- endmacro %}


{# The percentile of whole seconds, as minutes: between two values in proportion. A tenth of a second
   is exact for the median and the 90th percentile, so that every engine gives the same. #}
{% macro percentile_minutes(fraction, seconds) -%}
    {{ from_micros(divide_half_up(
        "cast(round(percentile_cont(" ~ fraction ~ ") within group (order by " ~ seconds
        ~ ") * 10) as bigint) * 1000000",
        600
    )) }}
{%- endmacro %}


{# By how many seconds the clocks of a zone are ahead of UTC at an instant. #}
{% macro zone_offset(expression, time_zone) -%}
    cast(
        extract(epoch from (
            (({{ expression }}) at time zone 'UTC' at time zone {{ time_zone }}) - ({{ expression }})
        ))
        as integer
    )
{%- endmacro %}


{# A table with the column name: every time zone the engine knows. #}
{% macro known_time_zones() -%}
    {{ return(adapter.dispatch("known_time_zones", "perene")()) }}
{%- endmacro %}

{% macro default__known_time_zones() %}{{ return("pg_timezone_names()") }}{% endmacro %}

{% macro postgres__known_time_zones() %}{{ return("pg_timezone_names") }}{% endmacro %}


{# Days from one date to a later one. #}
{% macro days_between(earlier, later) -%}
    cast({{ later }} - {{ earlier }} as integer)
{%- endmacro %}


{# Whole months from one first of month to another. #}
{% macro months_between(earlier, later) -%}
    cast(
        (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
        as integer
    )
{%- endmacro %}


{# In a select list: one row for each day, both ends included; none if the first is the later. #}
{% macro each_day(first_day, final_day) -%}
    {{ return(adapter.dispatch("each_step", "perene")(first_day, final_day, "1 day")) }}
{%- endmacro %}


{# In a select list: one row for each first of month, both ends included. #}
{% macro each_month(first_month, final_month) -%}
    {{ return(adapter.dispatch("each_step", "perene")(first_month, final_month, "1 month")) }}
{%- endmacro %}


{# In a select list: one row for each full minute of a stretch of time, both ends included. #}
{% macro each_minute(first, final) -%}
    {{ return(adapter.dispatch("each_minute", "perene")(first, final)) }}
{%- endmacro %}

{% macro default__each_minute(first, final) -%}
    unnest(generate_series({{ first }}, {{ final }}, interval '1 minute'))
{%- endmacro %}

{% macro postgres__each_minute(first, final) -%}
    generate_series({{ first }}, {{ final }}, interval '1 minute')
{%- endmacro %}


{% macro default__each_step(first, final, step) -%}
    cast(
        unnest(generate_series(
            cast({{ first }} as timestamp), cast({{ final }} as timestamp), interval '{{ step }}'
        ))
        as date
    )
{%- endmacro %}

{% macro postgres__each_step(first, final, step) -%}
    cast(
        generate_series(
            cast({{ first }} as timestamp), cast({{ final }} as timestamp), interval '{{ step }}'
        )
        as date
    )
{%- endmacro %}
