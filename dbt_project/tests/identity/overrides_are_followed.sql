-- Rows of the seed that nothing answers to: of an unknown customer, or where an account, or every
-- ticket of a requester, went elsewhere. One whose requester has not written yet is no fault.
with overrides as (
    select
        overrides.provider,
        overrides.requester,
        overrides.customer_id,
        customer_ids.customer_id as resolved_customer_id
    from {{ ref("identity_overrides") }} as overrides
    left join {{ ref("int_customer_ids") }} as customer_ids
        on trim(overrides.customer_id) = customer_ids.account_id
),

found as (
    select
        provider,
        provider_customer_id as requester,
        customer_id
    from {{ ref("int_customer_accounts") }}
    union
    select
        provider,
        lower(requester) as requester,
        customer_id
    from {{ ref("int_ticket_customers") }}
    where link_method <> 'given'
    union
    select
        provider,
        requester_email as requester,
        customer_id
    from {{ ref("int_ticket_customers") }}
    where link_method <> 'given'
)

select
    overrides.provider,
    overrides.requester,
    overrides.customer_id,
    max(found.customer_id) as found_customer_id
from overrides
left join found
    on
        overrides.provider = found.provider
        and lower(trim(overrides.requester)) = lower(found.requester)
group by
    overrides.provider, overrides.requester, overrides.customer_id, overrides.resolved_customer_id
having
    overrides.resolved_customer_id is null
    or (
        count(found.requester) > 0
        and sum(case when found.customer_id = overrides.resolved_customer_id then 1 else 0 end) = 0
    )
