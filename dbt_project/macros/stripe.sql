{# The newest completely loaded version of every object of a raw table. #}
{% macro current_stripe_rows(table) -%}
    select *
    from (
        select
            raw.*,
            row_number() over (
                partition by raw.id order by raw.observed_at desc, raw._dlt_load_id desc
            ) as version_age
        from {{ source("raw_stripe", table) }} as raw
        inner join {{ source("raw_stripe", "_dlt_loads") }} as loads
            on raw._dlt_load_id = loads.load_id
        where loads.status = 0
    ) as versions
    where version_age = 1
{%- endmacro %}


{# The nested objects that came with the newest version of their parents. #}
{% macro current_stripe_children(table, parent_table, parent_column) -%}
    select children.*
    from {{ source("raw_stripe", table) }} as children
    inner join ({{ current_stripe_rows(parent_table) }}) as parents
        on
            children.{{ parent_column }} = parents.id
            and children._dlt_load_id = parents._dlt_load_id
{%- endmacro %}


{# An amount in a currency's smallest unit as a decimal. The places are Stripe's, which differ from
   those of ISO 4217: the króna and the Ugandan shilling have two. #}
{% macro stripe_amount(expression, currency) -%}
    cast(
        cast({{ expression }} as decimal(28, 6)) * case
            when
                upper({{ currency }}) in (
                    'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND',
                    'VUV', 'XAF', 'XOF', 'XPF'
                )
                then cast(1 as decimal(9, 6))
            when upper({{ currency }}) in ('BHD', 'JOD', 'KWD', 'OMR', 'TND')
                then cast(0.001 as decimal(9, 6))
            else cast(0.01 as decimal(9, 6))
        end
        as decimal(28, 6)
    )
{%- endmacro %}


{# Stripe's tables of objects, each with the amount that its control totals sum up, if it has one. #}
{% macro stripe_amount_keys() -%}
    {{ return({
        "products": none,
        "prices": none,
        "coupons": none,
        "customers": none,
        "subscriptions": none,
        "invoices": "total",
        "invoice_items": "amount",
        "invoice_payments": "amount_requested",
        "charges": "amount",
        "refunds": "amount",
        "disputes": "amount",
        "credit_notes": "total",
        "balance_transactions": "amount",
        "events": none,
    }) }}
{%- endmacro %}


{# Whether a table's control totals have amounts. #}
{% macro stripe_has_amount(source_table) -%}
    {{ source_table }} in (
        {%- for table, amount_key in stripe_amount_keys().items() if amount_key -%}
            '{{ table }}'{{ ", " if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}
