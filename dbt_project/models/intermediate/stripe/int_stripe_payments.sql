-- Stripe's payment events in the form every biller's take: amounts positive, the kind gives the
-- direction. Tax is that of the invoice a charge paid; what comes back has its share, or what a
-- credit note says.
with invoice_kinds as (
    select
        invoice_lines.invoice_id,
        max(case when prices.billing_interval is not null then 1 else 0 end) = 1 as is_recurring
    from {{ ref("stg_stripe__invoice_lines") }} as invoice_lines
    inner join {{ ref("stg_stripe__prices") }} as prices
        on invoice_lines.price_id = prices.price_id
    group by invoice_lines.invoice_id
),

charges as (
    select
        charges.charge_id,
        charges.customer_id,
        charges.status,
        charges.currency,
        charges.failure_reason,
        charges.amount_minor,
        charges.balance_transaction_id,
        charges.created_at,
        invoices.subscription_id,
        coalesce(invoice_kinds.is_recurring, false) as is_recurring,
        -- Of an invoice that a balance paid in part, the charge bears its part of the tax.
        case
            when invoices.total_minor > 0
                then
                    {{ divide_half_up(
                        "cast((invoices.total_minor - invoices.total_excluding_tax_minor)"
                        ~ " * charges.amount_minor as " ~ whole_number_type() ~ ")",
                        "cast(invoices.total_minor as " ~ whole_number_type() ~ ")",
                    ) }}
            else 0
        end as tax_minor
    from {{ ref("stg_stripe__charges") }} as charges
    left join {{ ref("int_stripe_invoice_charges") }} as paid
        on charges.charge_id = paid.charge_id
    left join {{ ref("stg_stripe__invoices") }} as invoices
        on paid.invoice_id = invoices.invoice_id
    left join invoice_kinds
        on invoices.invoice_id = invoice_kinds.invoice_id
    where charges.status in ('succeeded', 'failed')
),

events as (
    select
        charges.charge_id as payment_id,
        charges.charge_id,
        'charge' as kind,
        charges.status,
        charges.failure_reason,
        charges.amount_minor,
        charges.tax_minor,
        coalesce(balance.fee_minor, 0) as fee_minor,
        charges.created_at as occurred_at
    from charges
    left join {{ ref("stg_stripe__balance_transactions") }} as balance
        on charges.balance_transaction_id = balance.balance_transaction_id
    union all
    select
        refunds.refund_id as payment_id,
        refunds.charge_id,
        'refund' as kind,
        'succeeded' as status,
        cast(null as text) as failure_reason,
        refunds.amount_minor,
        coalesce(
            notes.tax_minor,
            {{ divide_half_up(
                "cast(charges.tax_minor * refunds.amount_minor as " ~ whole_number_type() ~ ")",
                "cast(nullif(charges.amount_minor, 0) as " ~ whole_number_type() ~ ")",
            ) }}
        ) as tax_minor,
        coalesce(balance.fee_minor, 0) as fee_minor,
        refunds.created_at as occurred_at
    from {{ ref("stg_stripe__refunds") }} as refunds
    inner join charges
        on refunds.charge_id = charges.charge_id
    left join {{ ref("stg_stripe__balance_transactions") }} as balance
        on refunds.balance_transaction_id = balance.balance_transaction_id
    left join {{ ref("stg_stripe__credit_note_refunds") }} as notes
        on refunds.refund_id = notes.refund_id
    where coalesce(refunds.status, 'succeeded') not in ('failed', 'canceled')
    union all
    select
        disputes.dispute_id
        || case when balance.amount_minor > 0 then '_reversal' else '' end as payment_id,
        disputes.charge_id,
        case when balance.amount_minor > 0 then 'dispute_reversal' else 'dispute' end as kind,
        'succeeded' as status,
        cast(null as text) as failure_reason,
        abs(balance.amount_minor) as amount_minor,
        {{ divide_half_up(
            "cast(charges.tax_minor * abs(balance.amount_minor) as " ~ whole_number_type() ~ ")",
            "cast(nullif(charges.amount_minor, 0) as " ~ whole_number_type() ~ ")",
        ) }} as tax_minor,
        balance.fee_minor,
        balance.created_at as occurred_at
    from {{ ref("stg_stripe__disputes") }} as disputes
    inner join charges
        on disputes.charge_id = charges.charge_id
    inner join {{ ref("stg_stripe__balance_transactions") }} as balance
        on disputes.dispute_id = balance.source_id
)

select
    ---------- ids
    events.payment_id,
    charges.customer_id,
    charges.subscription_id,

    ---------- strings
    events.kind,
    events.status,
    charges.currency,
    events.failure_reason,

    ---------- numerics
    {{ stripe_amount("events.amount_minor", "charges.currency") }} as amount,
    {{ stripe_amount("events.tax_minor", "charges.currency") }} as tax,
    {{ stripe_amount("events.fee_minor", "charges.currency") }} as fee,

    ---------- booleans
    charges.is_recurring,

    ---------- timestamps
    events.occurred_at
from events
inner join charges
    on events.charge_id = charges.charge_id
