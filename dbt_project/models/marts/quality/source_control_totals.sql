-- Served = loaded, and loaded = in the marts plus what is left out for a named reason. Months and
-- currencies that a table does not have are null; sides are matched on a text key, as null matches
-- nothing.
{% set key %}
    provider || '|' || source_table || '|' || coalesce(cast(metric_month as text), '')
    || '|' || coalesce(currency, '')
{% endset %}

with served as (
    select
        {{ key }} as total_key,
        provider,
        source_table,
        metric_month,
        currency,
        row_count,
        amount_sum
    from {{ ref("int_source_totals") }}
),

loaded as (
    select
        {{ key }} as total_key,
        provider,
        source_table,
        metric_month,
        currency,
        sum(row_count) as row_count,
        sum(amount) as amount_sum,
        sum(case when left_out_because is not null then row_count else 0 end) as left_out_rows,
        sum(case when left_out_because is not null then amount else 0 end) as left_out_amount,
        min(left_out_because) as first_reason,
        max(left_out_because) as last_reason,
        max(case when is_in_marts then 1 else 0 end) as is_in_marts
    from {{ ref("int_source_rows") }}
    group by provider, source_table, metric_month, currency
),

used as (
    select
        {{ key }} as total_key,
        row_count,
        amount_sum
    from {{ ref("int_mart_rows") }}
),

keys as (
    select
        total_key,
        provider,
        source_table,
        metric_month,
        currency
    from served
    union
    select
        total_key,
        provider,
        source_table,
        metric_month,
        currency
    from loaded
)

select
    keys.total_key,
    keys.provider as source,
    keys.source_table,
    keys.metric_month,
    keys.currency,
    cast(coalesce(served.row_count, 0) as integer) as served_rows,
    cast(coalesce(loaded.row_count, 0) as integer) as loaded_rows,
    case when loaded.is_in_marts = 1 then cast(coalesce(used.row_count, 0) as integer) end
        as mart_rows,
    cast(coalesce(loaded.left_out_rows, 0) as integer) as left_out_rows,
    {{ amount("served.amount_sum") }} as served_amount,
    {{ amount("loaded.amount_sum") }} as loaded_amount,
    case when loaded.is_in_marts = 1 then {{ amount("used.amount_sum") }} end as mart_amount,
    {{ amount("loaded.left_out_amount") }} as left_out_amount,
    case
        when loaded.first_reason = loaded.last_reason then loaded.first_reason
        else loaded.first_reason || ', ' || loaded.last_reason
    end as left_out_because
from keys
left join served
    on keys.total_key = served.total_key
left join loaded
    on keys.total_key = loaded.total_key
left join used
    on keys.total_key = used.total_key
order by keys.total_key
