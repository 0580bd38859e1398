-- What a customer is found by: external ids, e-mail addresses, and the domains of addresses that
-- are the company's own. A key of several customers finds none of them.
with accounts as (
    select
        accounts.*,
        customer_accounts.customer_id,
        {{ email_domain("accounts.email") }} as domain
    from {{ ref("int_accounts") }} as accounts
    inner join {{ ref("int_customer_accounts") }} as customer_accounts
        on
            accounts.provider = customer_accounts.provider
            and accounts.account_id = customer_accounts.account_id
),

customer_keys as (
    {% for column in ["external_id", "provider_customer_id", "account_id"] %}
        select
            'external_id' as key_kind,
            {{ column }} as key_value,
            customer_id,
            {{ amount(1) }} as confidence
        from accounts
        where {{ column }} is not null
        union all
    {% endfor %}
    select
        'email' as key_kind,
        accounts.email as key_value,
        accounts.customer_id,
        {{ amount("case when mailboxes.mailbox is null then 1 else 0.9 end") }} as confidence
    from accounts
    left join {{ ref("shared_mailboxes") }} as mailboxes
        on {{ email_mailbox("accounts.email") }} = mailboxes.mailbox
    where accounts.email is not null
    union all
    select
        'domain' as key_kind,
        accounts.domain as key_value,
        accounts.customer_id,
        {{ amount("0.8") }} as confidence
    from accounts
    left join {{ ref("free_mail_domains") }} as free_mail
        on accounts.domain = free_mail.domain
    where accounts.domain is not null and free_mail.domain is null
)

select
    key_kind,
    key_value,
    case when count(distinct customer_id) = 1 then min(customer_id) end as customer_id,
    min(confidence) as confidence
from customer_keys
group by key_kind, key_value
