select distinct
    currency,
    revalued_on as rate_missing_on
from {{ ref("int_mrr_foreign_days") }}
where rate is null
union
select distinct
    currency,
    closes_on as rate_missing_on
from {{ ref("int_subscription_item_months") }}
where rate is null
union
select distinct
    currency,
    changed_on as rate_missing_on
from {{ ref("int_dunning_changes") }}
where rate is null
