-- Rows of one customer, feature and day are one use.
with source as (
    {{ current_file_rows("usage") }}
)

select
    ---------- ids
    customer_id,

    ---------- strings
    feature,

    ---------- numerics
    {{ amount("sum(coalesce(quantity, 1))") }} as quantity,
    {{ amount("sum(coalesce(quantity, 0))") }} as given_quantity,
    count(*) as row_count,

    ---------- dates
    occurred_on
from source
group by customer_id, feature, occurred_on
