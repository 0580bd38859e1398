-- What each discount takes off each line.
with source as (
    {{ current_stripe_children("invoice_lines", "invoices", "invoice_id") }}
),

discounts as (
    select
        id,
        invoice_id,
        upper({{ json_text("payload", "currency") }}) as currency,
        {{ json_entries("payload", "discount_amounts") }} as discount
    from source
)

select
    id as line_id,
    invoice_id,
    {{ json_text("discount", "discount") }} as discount_id,
    {{ stripe_amount(json_text("discount", "amount"), "currency") }} as amount
from discounts
