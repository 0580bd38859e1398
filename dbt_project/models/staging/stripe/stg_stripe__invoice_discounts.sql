-- The discounts of each invoice, with their coupons.
with source as (
    {{ current_stripe_rows("invoices") }}
),

discounts as (
    select
        id,
        upper({{ json_text("payload", "currency") }}) as currency,
        {{ json_entries("payload", "discounts") }} as discount
    from source
)

select
    id as invoice_id,
    {{ json_text("discount", "id") }} as discount_id,
    {{ json_text("discount", "source.coupon.duration") }} as duration,
    coalesce({{ amount(json_text("discount", "source.coupon.percent_off")) }}, 0) as percent_off,
    case
        when {{ json_text("discount", "subscription_item") }} is not null
            then
                {{ stripe_amount(
                    json_text("discount", "source.coupon.amount_off"), "currency"
                ) }}
    end as item_amount_off
from discounts
