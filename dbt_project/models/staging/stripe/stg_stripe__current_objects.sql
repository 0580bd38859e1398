-- Every object that the account has, of every kind, as control totals count it: a table without an
-- amount is not cut by currency.
with
{% for table in stripe_amount_keys() %}
    {{ table }} as (
        {{ current_stripe_rows(table) }}
    ),

{% endfor %}

counted as (
    {% for table, amount_key in stripe_amount_keys().items() %}
        select
            '{{ table }}' as source_table,
            id,
            created_at,
            {% if amount_key %}
                upper({{ json_text("payload", "currency") }}) as currency,
                {{ json_integer("payload", amount_key) }} as amount_minor
            {% else %}
                cast(null as text) as currency,
                cast(null as bigint) as amount_minor
            {% endif %}
        from {{ table }}
        where not is_deleted
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    source_table,
    id as object_id,
    currency,
    {{ stripe_amount("amount_minor", "currency") }} as amount,
    {{ to_utc("created_at") }} as created_at
from counted
