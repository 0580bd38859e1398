-- The service periods that invoices billed an item of a subscription for, those of voided invoices
-- and drafts included. `is_given_up`: the invoice was taken back as soon as it was final, which is
-- what a pause of collection does; one taken back later stood until then.
select
    invoice_lines.line_id,
    invoice_lines.invoice_id,
    invoice_lines.subscription_id,
    invoice_lines.item_id,
    invoice_lines.price_id,
    invoice_lines.quantity,
    prices.is_metered,
    invoice_lines.starts_at,
    invoice_lines.ends_at,
    invoices.created_at as billed_at,
    coalesce(
        invoices.status in ('void', 'uncollectible')
        and invoices.given_up_at <= coalesce(invoices.finalized_at, invoices.given_up_at)
        + interval '1 day',
        false
    )
    or (invoices.status = 'draft' and subscriptions.is_collection_paused) as is_given_up,
    case when invoices.status in ('void', 'uncollectible') then invoices.given_up_at end
        as given_up_at
from {{ ref("stg_stripe__invoice_lines") }} as invoice_lines
inner join {{ ref("stg_stripe__invoices") }} as invoices
    on invoice_lines.invoice_id = invoices.invoice_id
inner join {{ ref("stg_stripe__subscriptions") }} as subscriptions
    on invoice_lines.subscription_id = subscriptions.subscription_id
inner join {{ ref("stg_stripe__prices") }} as prices
    on invoice_lines.price_id = prices.price_id
where
    invoice_lines.item_id is not null
    and not invoice_lines.is_proration
    and prices.billing_interval is not null
    and invoice_lines.starts_at < invoice_lines.ends_at
    and subscriptions.status not in ('incomplete', 'incomplete_expired')
