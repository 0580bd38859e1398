-- The customer of each account. Links make trees, whose root gives the customer its id; each step
-- doubles how far an account looks up its tree.
{% set steps = [1, 2, 3] %}

with looked_1 as (
    select
        account_number,
        linked_number
    from {{ ref("int_account_links") }}
),

{% for step in steps %}
    looked_{{ 2 ** step }} as (
        select
            near.account_number,
            far.linked_number
        from looked_{{ 2 ** (step - 1) }} as near
        inner join looked_{{ 2 ** (step - 1) }} as far
            on near.linked_number = far.account_number
    ){{ "," if not loop.last }}
{% endfor %}

select
    ---------- ids
    accounts.account_id,
    accounts.provider,
    accounts.provider_customer_id,
    roots.account_id as customer_id,

    ---------- strings
    accounts.link_method,

    ---------- numerics
    {{ amount(1) }} as confidence
from {{ ref("int_account_links") }} as accounts
inner join looked_8
    on accounts.account_number = looked_8.account_number
inner join {{ ref("int_account_links") }} as roots
    on looked_8.linked_number = roots.account_number
