{# The rows of a file's newest completely loaded version, each once: a load cut short is not
   visible, and a load that was finished twice counts once. Columns are the raw table's. #}
{% macro current_file_rows(file_table) -%}
    select *
    from (
        select
            raw.*,
            current_files.column_names,
            row_number() over (
                partition by raw.record_id order by raw.row_number
            ) as occurrence
        from {{ source("raw_files", file_table) }} as raw
        inner join {{ ref("stg_files__current_files") }} as current_files
            on raw._dlt_load_id = current_files.load_id
        where current_files.file_table = '{{ file_table }}'
    ) as numbered
    where occurrence = 1
{%- endmacro %}
