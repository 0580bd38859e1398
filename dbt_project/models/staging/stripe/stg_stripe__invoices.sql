with source as (
    {{ current_stripe_rows("invoices") }}
)

select
    ---------- ids
    id as invoice_id,
    subscription_id,
    'stripe_' || customer_id as customer_id,

    ---------- strings
    status,
    upper({{ json_text("payload", "currency") }}) as currency,
    {{ json_text("payload", "billing_reason") }} as billing_reason,
    {{ json_text("payload", "collection_method") }} as collection_method,
    {{ json_text("payload", "customer_name") }} as customer_name,
    upper({{ json_text("payload", "customer_address.country") }}) as customer_country,

    ---------- numerics
    {{ json_integer("payload", "total") }} as total_minor,
    {{ json_integer("payload", "total_excluding_tax") }} as total_excluding_tax_minor,
    {{ json_integer("payload", "amount_due") }} as amount_due_minor,

    ---------- timestamps
    {{ to_utc("created_at") }} as created_at,
    {{ json_instant("payload", "due_date") }} as due_at,
    {{ json_instant("payload", "status_transitions.finalized_at") }} as finalized_at,
    {{ json_instant("payload", "status_transitions.paid_at") }} as paid_at,
    coalesce(
        {{ json_instant("payload", "status_transitions.marked_uncollectible_at") }},
        {{ json_instant("payload", "status_transitions.voided_at") }}
    ) as given_up_at
from source
