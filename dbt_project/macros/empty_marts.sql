{#- The marts without rows, of the types of their contracts: what `make docs` reads types from. -#}
{% macro create_empty_marts() %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.contract.enforced %}
        {% set columns = [] %}
        {% for column in node.columns.values() %}
            {% do columns.append(adapter.quote(column.name) ~ ' ' ~ column.data_type) %}
        {% endfor %}
        {% do run_query('create schema if not exists ' ~ node.schema) %}
        {% do run_query(
            'create or replace table ' ~ node.schema ~ '.' ~ node.alias
            ~ ' (' ~ columns | join(', ') ~ ')'
        ) %}
    {% endfor %}
{% endmacro %}
