-- How many objects of every kind the helpdesk has, by the month in UTC in which they were made.
with
{% for table in zendesk_tables() %}
    {{ table }} as (
        {{ current_zendesk_rows(table) }}
    ),

{% endfor %}

objects as (
    {% for table in zendesk_tables() %}
        select
            '{{ table }}' as source_table,
            {{ to_utc("created_at") }} as created_at
        from {{ table }}
        where not is_deleted
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    source_table,
    {{ month_of("created_at") }} as metric_month,
    count(*) as row_count,
    min(created_at) as first_created_at,
    max(created_at) as last_created_at
from objects
group by source_table, {{ month_of("created_at") }}
