-- How far each subscription's service periods reach.
select
    subscription_id,
    max(ends_at) as reached_at
from {{ ref("int_stripe_service_periods") }}
where not is_metered
group by subscription_id
