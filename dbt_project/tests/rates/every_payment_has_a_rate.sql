select distinct
    currency,
    occurred_on as rate_missing_on
from {{ ref("int_payments_valued") }}
where status = 'succeeded' and rate is null
