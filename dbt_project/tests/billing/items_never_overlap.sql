with states as (
    select
        subscription_item_id,
        customer_id,
        from_on,
        to_on,
        max(to_on) over (
            partition by subscription_item_id
            order by from_on, to_on
            rows between unbounded preceding and 1 preceding
        ) as reached_on
    from {{ ref("int_subscription_states") }}
)

select
    subscription_item_id,
    from_on,
    reached_on
from states
where from_on < reached_on
