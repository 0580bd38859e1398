{# The last result of every data test, kept in operations.check_results for the mart data_quality and
   for the publication, which happens only when every blocking check has passed. #}
{% macro check_results_table() -%}
    {{ return(adapter.quote("operations") ~ "." ~ adapter.quote("check_results")) }}
{%- endmacro %}


{% macro create_check_results() -%}
    create schema if not exists operations;
    create table if not exists {{ check_results_table() }} (
        check_name text,
        checked_table text,
        severity text,
        status text,
        failures bigint,
        description text
    )
{%- endmacro %}


{# Renews the results of the checks that ran and forgets checks that are no more. #}
{% macro record_check_results(results) -%}
    {% if execute %}
        {% set known = [] %}
        {% set ran = [] %}
        {% for node in graph.nodes.values() if node.resource_type == "test" %}
            {% do known.append(node.name) %}
        {% endfor %}
        {% for result in results if result.node.resource_type == "test" %}
            {% do ran.append(result.node.name) %}
        {% endfor %}
        delete from {{ check_results_table() }}
        where
            check_name not in ({{ sql_texts(known or [""]) }})
            or check_name in ({{ sql_texts(ran or [""]) }});
        {% if ran %}
            insert into {{ check_results_table() }} values
            {% for result in results if result.node.resource_type == "test" %}
                {% set node = result.node %}
                {% set checked = node.attached_node or (node.depends_on.nodes | first) or "" %}
                (
                    {{ sql_texts([
                        node.name,
                        checked.split(".")[-1],
                        "error" if (node.config.severity | lower) == "error" else "warn",
                        result.status,
                    ]) }},
                    {{ "null" if result.failures is none else result.failures }},
                    {{ sql_texts([node.description or ""]) }}
                ){{ "," if not loop.last else ";" }}
            {% endfor %}
        {% endif %}
    {% endif %}
{%- endmacro %}


{# Texts as SQL literals, separated by commas. #}
{% macro sql_texts(texts) -%}
    {% for text in texts %}'{{ text | string | replace("'", "''") }}'{{ ", " if not loop.last }}{% endfor %}
{%- endmacro %}
