{# An e-mail address as it is compared: without blanks around it, in lower case; null if empty. #}
{% macro email_address(expression) -%}
    nullif(lower(trim({{ expression }})), '')
{%- endmacro %}


{# What stands behind the @ of an e-mail address; null if there is none. #}
{% macro email_domain(expression) -%}
    case
        when position('@' in {{ expression }}) > 0
            then
                nullif(substring({{ expression }}, position('@' in {{ expression }}) + 1), '')
    end
{%- endmacro %}


{# What stands before the @ of an e-mail address, without a tag such as +invoices; null if there is
   no @. #}
{% macro email_mailbox(expression) -%}
    case
        when position('@' in {{ expression }}) > 0
            then nullif({{ text_before("(" ~ text_before(expression, "@") ~ ")", "+") }}, '')
    end
{%- endmacro %}


{# A text as it is compared word by word: lower case, no accents, one blank between two words and
   nothing but letters and digits in them. #}
{% macro plain_text(expression) -%}
    trim(regexp_replace(lower({{ without_accents(expression) }}), '[^a-z0-9]+', ' ', 'g'))
{%- endmacro %}


{% macro without_accents(expression) -%}
    {{ return(adapter.dispatch("without_accents", "perene")(expression)) }}
{%- endmacro %}

{% macro default__without_accents(expression) -%}
    strip_accents({{ expression }})
{%- endmacro %}

{% macro postgres__without_accents(expression) -%}
    regexp_replace(normalize({{ expression }}, nfd), '[\u0300-\u036F]', '', 'g')
{%- endmacro %}


{# In a select list: one row for each part of a text between separators. #}
{% macro each_part(expression, separator) -%}
    {{ return(adapter.dispatch("each_part", "perene")(expression, separator)) }}
{%- endmacro %}

{% macro default__each_part(expression, separator) -%}
    unnest(string_split({{ expression }}, '{{ separator }}'))
{%- endmacro %}

{% macro postgres__each_part(expression, separator) -%}
    unnest(string_to_array({{ expression }}, '{{ separator }}'))
{%- endmacro %}


{# What stands before the first of a separator in a text; all of it if there is none. #}
{% macro text_before(expression, separator) -%}
    case
        when position('{{ separator }}' in {{ expression }}) > 0
            then substring({{ expression }}, 1, position('{{ separator }}' in {{ expression }}) - 1)
        else {{ expression }}
    end
{%- endmacro %}


{# An aggregate: the texts of a group, separated by commas, in an order. #}
{% macro joined_text(expression, order) -%}
    {{ return(adapter.dispatch("joined_text", "perene")(expression, order)) }}
{%- endmacro %}

{% macro default__joined_text(expression, order) -%}
    string_agg({{ expression }}, ',' order by {{ order }})
{%- endmacro %}
