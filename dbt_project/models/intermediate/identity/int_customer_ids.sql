-- The customer that an id stands for, wherever one is given without its biller: a ticket's, that of
-- a use, an override's. Ids of accounts that are part of another customer stand for that one.
with named as (
    select
        account_id,
        customer_id
    from {{ ref("int_customer_accounts") }}
    union
    select
        customer_id as account_id,
        customer_id
    from {{ ref("int_subscription_periods") }}
)

select
    account_id,
    min(customer_id) as customer_id
from named
group by account_id
