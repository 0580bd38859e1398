-- The canonical payment events of every biller before as_of. Amounts are signed by their direction
-- and include tax; tax carries the sign of its amount.
with payments as (
    select
        'files' as provider,
        payment_id,
        customer_id as account_id,
        subscription_id,
        kind,
        status,
        currency,
        failure_reason,
        amount,
        tax,
        fee,
        is_recurring,
        occurred_at
    from {{ ref("stg_files__payments") }}
    where occurred_at < {{ as_of() }}
    union all
    select
        'stripe' as provider,
        payment_id,
        customer_id as account_id,
        subscription_id,
        kind,
        status,
        currency,
        failure_reason,
        amount,
        tax,
        fee,
        is_recurring,
        occurred_at
    from {{ ref("int_stripe_payments") }}
    where occurred_at < {{ as_of() }}
),

signed as (
    select
        payments.*,
        coalesce(accounts.customer_id, payments.account_id) as customer_id,
        {{ local_date("payments.occurred_at") }} as occurred_on,
        case when payments.kind in ('refund', 'dispute') then -1 else 1 end as direction
    from payments
    left join {{ ref("int_customer_accounts") }} as accounts
        on
            payments.provider = accounts.provider
            and payments.account_id = accounts.account_id
)

select
    ---------- ids
    provider || '|' || payment_id as payment_key,
    provider,
    payment_id,
    customer_id,
    subscription_id,

    ---------- strings
    kind,
    status,
    currency,
    failure_reason,

    ---------- numerics
    {{ amount("direction * amount") }} as amount,
    {{ amount("direction * tax") }} as tax,
    fee,

    ---------- booleans
    is_recurring,

    ---------- dates
    occurred_on,

    ---------- timestamps
    occurred_at
from signed
