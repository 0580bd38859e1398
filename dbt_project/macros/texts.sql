{# An aggregate: the texts of a group, separated by commas, in an order. #}
{% macro joined_text(expression, order) -%}
    {{ return(adapter.dispatch("joined_text", "perene")(expression, order)) }}
{%- endmacro %}

{% macro default__joined_text(expression, order) -%}
    string_agg({{ expression }}, ',' order by {{ order }})
{%- endmacro %}
