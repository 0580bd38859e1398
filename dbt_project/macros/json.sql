{# What lies in an object's JSON under a path of keys, as text; null where there is nothing. #}
{% macro json_text(expression, path) -%}
    {{ return(adapter.dispatch("json_text", "perene")(expression, path)) }}
{%- endmacro %}

{% macro default__json_text(expression, path) -%}
    json_extract_string({{ expression }}, '$.{{ path }}')
{%- endmacro %}

{% macro postgres__json_text(expression, path) -%}
    (cast({{ expression }} as jsonb) #>> '{{ "{" ~ path.replace(".", ",") ~ "}" }}')
{%- endmacro %}


{% macro json_integer(expression, path) -%}
    cast({{ json_text(expression, path) }} as bigint)
{%- endmacro %}


{% macro json_flag(expression, path) -%}
    coalesce({{ json_text(expression, path) }} = 'true', false)
{%- endmacro %}


{# Seconds since 1970 as an instant in UTC. #}
{% macro json_instant(expression, path) -%}
    (timestamp '1970-01-01 00:00:00' + {{ json_integer(expression, path) }} * interval '1 second')
{%- endmacro %}


{# Whether an object's JSON has something under a path of keys, be it null. #}
{% macro json_has(expression, path) -%}
    {{ return(adapter.dispatch("json_has", "perene")(expression, path)) }}
{%- endmacro %}

{% macro default__json_has(expression, path) -%}
    json_exists({{ expression }}, '$.{{ path }}')
{%- endmacro %}

{% macro postgres__json_has(expression, path) -%}
    (cast({{ expression }} as jsonb) #> '{{ "{" ~ path.replace(".", ",") ~ "}" }}') is not null
{%- endmacro %}


{# In a select list: one row for each entry of a list, as text of JSON; no row where there is none. #}
{% macro json_entries(expression, path) -%}
    {{ return(adapter.dispatch("json_entries", "perene")(expression, path)) }}
{%- endmacro %}

{% macro default__json_entries(expression, path) -%}
    cast(unnest(cast(json_extract({{ expression }}, '$.{{ path }}') as json[])) as text)
{%- endmacro %}

{% macro postgres__json_entries(expression, path) -%}
    cast(
        jsonb_array_elements(
            case
                when
                    jsonb_typeof(
                        cast({{ expression }} as jsonb) #> '{{ "{" ~ path.replace(".", ",") ~ "}" }}'
                    ) = 'array'
                    then cast({{ expression }} as jsonb) #> '{{ "{" ~ path.replace(".", ",") ~ "}" }}'
            end
        )
        as text
    )
{%- endmacro %}


{# What lies under several paths, read in one pass over the object: a list of texts for text_at. #}
{% macro json_texts(expression, paths) -%}
    {{ return(adapter.dispatch("json_texts", "perene")(expression, paths)) }}
{%- endmacro %}

{% macro default__json_texts(expression, paths) -%}
    json_extract_string({{ expression }}, ['$.{{ paths | join("', '$.") }}'])
{%- endmacro %}

{% macro postgres__json_texts(expression, paths) -%}
    array[
        {% for path in paths %}
            {{ json_text(expression, path) }}{{ "," if not loop.last }}
        {% endfor %}
    ]
{%- endmacro %}


{# The text that json_texts read under one of its paths. #}
{% macro text_at(texts, paths, path) -%}
    {{ texts }}[{{ paths.index(path) + 1 }}]
{%- endmacro %}


{# A JSON list of words, as text, with the separator between them; null where there are none. #}
{% macro joined_words(expression, separator=";") -%}
    nullif(
        replace(
            replace(
                replace(replace({{ expression }}, '", "', '{{ separator }}'), '","', '{{ separator }}'),
                '["', ''
            ),
            '"]', ''
        ),
        '[]'
    )
{%- endmacro %}
