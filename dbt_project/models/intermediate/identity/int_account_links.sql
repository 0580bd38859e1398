-- Which account each account is one customer with: at most one, by the first of the methods that
-- finds one, and never a later one than itself (an override may do so). Only methods of full
-- confidence link, because two companies taken for one would be in every number. Ids of files stay
-- as they were given: only an override links two accounts of files.
with accounts as (
    select
        accounts.*,
        mailboxes.mailbox is not null as has_shared_mailbox
    from {{ ref("int_accounts") }} as accounts
    left join {{ ref("shared_mailboxes") }} as mailboxes
        on {{ email_mailbox("accounts.email") }} = mailboxes.mailbox
),

-- What an account answers to. One of files that has an external id is not also known elsewhere by
-- the id it has in its biller.
account_keys as (
    select
        account_number,
        provider,
        'external|' || external_id as account_key
    from accounts
    where external_id is not null
    union
    select
        account_number,
        provider,
        'external|' || provider_customer_id as account_key
    from accounts
    where provider <> 'files' or external_id is null
    union
    select
        account_number,
        provider,
        'id|' || account_id as account_key
    from accounts
),

keys_of_one as (
    select
        account_key,
        min(account_number) as account_number
    from account_keys
    group by account_key
    having sum(case when provider = 'files' then 1 else 0 end) <= 1
),

external_links as (
    select
        account_keys.account_number,
        min(keys_of_one.account_number) as linked_number
    from account_keys
    inner join keys_of_one
        on account_keys.account_key = keys_of_one.account_key
    where account_keys.provider <> 'files'
    group by account_keys.account_number
    having min(keys_of_one.account_number) < account_keys.account_number
),

override_links as (
    select
        accounts.account_number,
        min(linked.account_number) as linked_number
    from {{ ref("identity_overrides") }} as overrides
    inner join accounts
        on
            overrides.provider = accounts.provider
            and trim(overrides.requester) = accounts.provider_customer_id
    inner join accounts as linked
        on trim(overrides.customer_id) = linked.account_id
    where accounts.account_number <> linked.account_number
    group by accounts.account_number
),

-- An address is one company's if no biller has it in two accounts and no two external ids say
-- otherwise. Accounts of one external id are one.
addresses as (
    select
        email,
        min(account_number) as account_number
    from accounts
    where email is not null and not has_shared_mailbox
    group by email
    having
        count(distinct provider || '|' || coalesce(external_id, account_id))
        = count(distinct provider)
        and count(distinct external_id) <= 1
        and sum(case when provider = 'files' then 1 else 0 end) <= 1
),

email_links as (
    select
        accounts.account_number,
        addresses.account_number as linked_number
    from accounts
    inner join addresses
        on accounts.email = addresses.email
    where accounts.account_number > addresses.account_number and accounts.provider <> 'files'
)

select
    ---------- ids
    accounts.account_number,
    accounts.account_id,
    accounts.provider,
    accounts.provider_customer_id,
    coalesce(
        external_links.linked_number,
        override_links.linked_number,
        email_links.linked_number,
        accounts.account_number
    ) as linked_number,

    ---------- strings
    case
        when external_links.linked_number is not null then 'external_id'
        when override_links.linked_number is not null then 'override'
        when email_links.linked_number is not null then 'email'
        else 'given'
    end as link_method
from accounts
left join external_links
    on accounts.account_number = external_links.account_number
left join override_links
    on accounts.account_number = override_links.account_number
left join email_links
    on accounts.account_number = email_links.account_number
