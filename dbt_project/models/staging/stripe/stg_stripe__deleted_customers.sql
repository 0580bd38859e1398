-- What a deleted customer was known by: Stripe then gives no more than the id.
with versions as (
    select
        customers.*,
        row_number() over (
            partition by customers.id
            order by customers.observed_at desc, customers._dlt_load_id desc
        ) as version_age
    from {{ source("raw_stripe", "customers") }} as customers
    inner join {{ source("raw_stripe", "_dlt_loads") }} as loads
        on customers._dlt_load_id = loads.load_id
    where loads.status = 0 and not customers.is_deleted
),

deleted as (
    {{ current_stripe_rows("customers") }}
)

select
    ---------- ids
    'stripe_' || deleted.id as customer_id,
    {{ json_text("versions.payload", "metadata.external_id") }} as external_id,

    ---------- strings
    versions.email,

    ---------- timestamps
    {{ to_utc("coalesce(versions.created_at, deleted.created_at)") }} as created_at
from deleted
left join versions
    on deleted.id = versions.id and versions.version_age = 1
where deleted.is_deleted
