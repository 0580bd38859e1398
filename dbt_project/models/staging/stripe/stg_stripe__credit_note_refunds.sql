-- The tax within each refund that a credit note names.
with source as (
    {{ current_stripe_rows("credit_notes") }}
),

refunds as (
    select
        {{ json_integer("payload", "total") }}
        - {{ json_integer("payload", "total_excluding_tax") }} as tax_minor,
        {{ json_entries("payload", "refunds") }} as refund
    from source
    where {{ json_text("payload", "status") }} = 'issued'
)

select
    {{ json_text("refund", "refund") }} as refund_id,
    max(tax_minor) as tax_minor
from refunds
group by {{ json_text("refund", "refund") }}
