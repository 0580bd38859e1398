{# Fails with every combination of the columns that stands more than once, or holds a null. #}
{% test unique_grain(model, columns) %}
    select
        {{ columns | join(",\n        ") }},
        count(*) as occurrences
    from {{ model }}
    group by {{ columns | join(", ") }}
    having
        count(*) > 1
        {% for column in columns %}
            or {{ column }} is null
        {% endfor %}
{% endtest %}
