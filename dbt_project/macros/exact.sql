{# Money and rates are decimals of six places; this cast is the one place that rounds them (half up). #}
{% macro amount(expression) -%}
    cast({{ expression }} as decimal(28, 6))
{%- endmacro %}


{# numerator / denominator as a decimal of six places, rounded half up once, null when the
   denominator is null or 0. Division happens between whole numbers, because in DuckDB the
   quotient of two decimals is a double. The denominator must not be negative. #}
{% macro ratio(numerator, denominator) -%}
    {{ from_micros(divide_half_up(
        to_micros(numerator) ~ " * 1000000", "nullif(" ~ to_micros(denominator) ~ ", 0)"
    )) }}
{%- endmacro %}


{# An amount as a whole number of millionths. #}
{% macro to_micros(expression) -%}
    cast({{ amount(expression) }} * 1000000 as {{ whole_number_type() }})
{%- endmacro %}


{% macro from_micros(expression) -%}
    cast(
        cast({{ expression }} as decimal(28, 0)) * cast(0.000001 as decimal(10, 6))
        as decimal(28, 6)
    )
{%- endmacro %}


{# A whole-number type wide enough for products of amounts, quantities and factors. #}
{% macro whole_number_type() -%}
    {{ return(adapter.dispatch("whole_number_type", "perene")()) }}
{%- endmacro %}

{% macro default__whole_number_type() %}{{ return("hugeint") }}{% endmacro %}

{% macro postgres__whole_number_type() %}{{ return("numeric(76, 0)") }}{% endmacro %}


{# Division of whole numbers, rounded half away from zero; the divisor is positive. #}
{% macro divide_half_up(numerator, divisor) -%}
    {{ return(adapter.dispatch("divide_half_up", "perene")(numerator, divisor)) }}
{%- endmacro %}

{% macro default__divide_half_up(numerator, divisor) -%}
    {{ return(
        "case when " ~ numerator ~ " < 0 then -1 else 1 end * ((2 * abs(" ~ numerator ~ ") + "
        ~ divisor ~ ") // (2 * " ~ divisor ~ "))"
    ) }}
{%- endmacro %}

{% macro postgres__divide_half_up(numerator, divisor) -%}
    {{ return(
        "case when " ~ numerator ~ " < 0 then -1 else 1 end * div(2 * abs(" ~ numerator ~ ") + "
        ~ divisor ~ ", 2 * " ~ divisor ~ ")"
    ) }}
{%- endmacro %}


{# What a subscription item brings a month, as an amount: unit_amount x quantity, less a percentage
   of it, less a fixed discount of the line, never below 0, times the policy's months in one
   interval, divided by the number of intervals. One rounding, at the end. #}
{% macro monthly_amount(
    unit_amount, quantity, discount_percent, discount_amount,
    factor_numerator, factor_denominator, interval_count
) -%}
    {%- set gross = (
        to_micros(unit_amount) ~ " * " ~ to_micros(quantity) ~ " * cast(1000000 - "
        ~ discount_percent ~ " * 10000 as " ~ whole_number_type() ~ ")"
    ) -%}
    {%- set discount = (
        to_micros(discount_amount) ~ " * cast(1000000000000 as " ~ whole_number_type() ~ ")"
    ) -%}
    {%- set net = "greatest(" ~ gross ~ " - " ~ discount ~ ", 0)" -%}
    {{ from_micros(divide_half_up(
        net ~ " * " ~ factor_numerator,
        "(cast(1000000000000 as " ~ whole_number_type() ~ ") * " ~ factor_denominator
        ~ " * " ~ interval_count ~ ")"
    )) }}
{%- endmacro %}
