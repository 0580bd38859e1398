-- Whose each ticket is, by the first of these that finds exactly one customer: the id the ticket
-- was given, the requester's external id, your override, the requester's address, the external id
-- of their organisation, a domain of the customer's own (that of the requester's address, then
-- those of the organisation). Where none does, it says why.
with keys as (
    select * from {{ ref("int_customer_keys") }}
),

overrides as (
    select
        overrides.provider,
        lower(trim(overrides.requester)) as requester,
        min(customer_ids.customer_id) as customer_id
    from {{ ref("identity_overrides") }} as overrides
    inner join {{ ref("int_customer_ids") }} as customer_ids
        on trim(overrides.customer_id) = customer_ids.account_id
    group by overrides.provider, lower(trim(overrides.requester))
),

-- A user who was merged into another is that other.
requesters as (
    select
        requesters.requester_key,
        coalesce(survivors.user_id, requesters.user_id) as user_id,
        requesters.user_id as former_user_id,
        coalesce(survivors.email, requesters.email) as email,
        coalesce(survivors.external_id, requesters.external_id) as external_id
    from {{ ref("int_requesters") }} as requesters
    left join {{ ref("int_requesters") }} as survivors
        on requesters.merged_into = survivors.requester_key
),

organization_domains as (
    select
        domains.organization_key,
        case
            when count(*) = count(keys.customer_id) and count(distinct keys.customer_id) = 1
                then min(keys.customer_id)
        end as customer_id,
        min(keys.confidence) as confidence
    from {{ ref("int_organization_domains") }} as domains
    inner join keys
        on lower(trim(domains.domain)) = keys.key_value
    where keys.key_kind = 'domain'
    group by domains.organization_key
),

-- An organisation may be two customers: its external id counts if no domain says otherwise.
organizations as (
    select
        organizations.organization_key,
        keys.customer_id
    from {{ ref("int_organizations") }} as organizations
    inner join keys
        on organizations.external_id = keys.key_value
    left join organization_domains
        on organizations.organization_key = organization_domains.organization_key
    where
        keys.key_kind = 'external_id'
        and (
            organization_domains.organization_key is null
            or organization_domains.customer_id = keys.customer_id
        )
),

tickets as (
    select
        tickets.ticket_key,
        tickets.provider,
        tickets.given_customer_id,
        tickets.provider || '|' || tickets.requester_organization_id as organization_key,
        requesters.user_id,
        requesters.former_user_id,
        {{ email_address("coalesce(requesters.email, tickets.requester_email)") }} as email,
        coalesce(requesters.external_id, tickets.requester_external_id) as external_id
    from {{ ref("int_tickets") }} as tickets
    left join requesters
        on tickets.requester_key = requesters.requester_key
),

addressed as (
    select
        *,
        {{ email_domain("email") }} as domain
    from tickets
),

found as (
    select
        tickets.ticket_key,
        tickets.provider,
        tickets.email,
        coalesce(tickets.user_id, tickets.email) as requester,
        tickets.given_customer_id is not null as is_given,
        coalesce(given.customer_id, tickets.given_customer_id) as given_customer_id,
        by_external_id.customer_id as external_id_customer_id,
        coalesce(
            user_overrides.customer_id,
            former_user_overrides.customer_id,
            address_overrides.customer_id
        ) as override_customer_id,
        by_address.customer_id as email_customer_id,
        by_address.confidence as email_confidence,
        case
            when
                by_domain.key_value is null or by_domain.customer_id = organizations.customer_id
                then organizations.customer_id
        end as organization_customer_id,
        coalesce(by_domain.customer_id, organization_domains.customer_id) as domain_customer_id,
        coalesce(by_domain.confidence, organization_domains.confidence) as domain_confidence,
        case
            when by_external_id.key_value is not null then 'external_id_of_several_customers'
            when by_address.key_value is not null then 'address_of_several_customers'
            when
                by_domain.key_value is not null
                or organization_domains.organization_key is not null
                then 'domain_of_several_customers'
            when tickets.email is null then 'no_address'
            when free_mail.domain is not null then 'unknown_free_mail_address'
            else 'unknown_address'
        end as unmatched_because
    from addressed as tickets
    left join {{ ref("int_customer_ids") }} as given
        on tickets.given_customer_id = given.account_id
    left join keys as by_external_id
        on
            tickets.external_id = by_external_id.key_value
            and by_external_id.key_kind = 'external_id'
    left join overrides as user_overrides
        on
            tickets.provider = user_overrides.provider
            and tickets.user_id = user_overrides.requester
    left join overrides as former_user_overrides
        on
            tickets.provider = former_user_overrides.provider
            and tickets.former_user_id = former_user_overrides.requester
    left join overrides as address_overrides
        on
            tickets.provider = address_overrides.provider
            and tickets.email = address_overrides.requester
    left join keys as by_address
        on tickets.email = by_address.key_value and by_address.key_kind = 'email'
    left join organizations
        on tickets.organization_key = organizations.organization_key
    left join keys as by_domain
        on tickets.domain = by_domain.key_value and by_domain.key_kind = 'domain'
    left join organization_domains
        on tickets.organization_key = organization_domains.organization_key
    left join {{ ref("free_mail_domains") }} as free_mail
        on tickets.domain = free_mail.domain
),

linked as (
    select
        *,
        case
            when is_given then 'given'
            when external_id_customer_id is not null then 'external_id'
            when override_customer_id is not null then 'override'
            when email_customer_id is not null then 'email'
            when organization_customer_id is not null then 'organization'
            when domain_customer_id is not null then 'domain'
            else 'unmatched'
        end as found_by
    from found
)

select
    ---------- ids
    ticket_key,
    provider,
    requester,
    coalesce(
        given_customer_id,
        external_id_customer_id,
        override_customer_id,
        email_customer_id,
        organization_customer_id,
        domain_customer_id
    ) as customer_id,

    ---------- strings
    email as requester_email,
    case when found_by = 'organization' then 'external_id' else found_by end as link_method,
    case when found_by = 'unmatched' then unmatched_because end as unmatched_because,

    ---------- numerics
    cast(
        case found_by
            when 'unmatched' then 0
            when 'email' then email_confidence
            when 'organization' then 0.9
            when 'domain' then domain_confidence
            else 1
        end
        as decimal(28, 6)
    ) as confidence
from linked
