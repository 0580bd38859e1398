-- From MRR to money, in each currency's own amounts:
-- mrr + gap_timing + gap_one_off + gap_tax = collected.
-- Invoices are unknown to a source without them.
with cash as (
    select
        metric_month,
        currency,
        sum(case when kind = 'charge' then amount else 0 end) as collected,
        sum(case when kind = 'charge' then tax else 0 end) as collected_tax,
        sum(case when kind = 'charge' and is_recurring then amount - tax else 0 end)
            as collected_recurring,
        sum(case when kind = 'charge' and not is_recurring then amount - tax else 0 end)
            as collected_one_off,
        sum(case when kind = 'refund' then amount else 0 end) as refunded,
        sum(case when kind in ('dispute', 'dispute_reversal') then amount else 0 end)
            as disputed,
        sum(tax) as tax,
        sum(fee) as fees
    from {{ ref("int_payments_valued") }}
    where status = 'succeeded'
    group by metric_month, currency
),

mrr as (
    select
        metric_month,
        segment_value as currency,
        closing_mrr
    from {{ ref("int_segment_months") }}
    where segment_kind = 'native_currency'
),

cells as (
    select
        metric_month,
        currency
    from cash
    union
    select
        metric_month,
        currency
    from mrr
)

select
    cells.metric_month,
    cells.currency,
    {{ amount("coalesce(mrr.closing_mrr, 0)") }} as mrr,
    cast(null as decimal(28, 6)) as invoiced,
    {% for column in [
        "collected", "collected_recurring", "collected_one_off", "refunded", "disputed", "tax",
        "fees",
    ] %}
        {{ amount("coalesce(cash." ~ column ~ ", 0)") }} as {{ column }},
    {% endfor %}
    {{ amount("coalesce(cash.collected + cash.refunded + cash.disputed - cash.fees, 0)") }}
        as net_cash,
    cast(null as decimal(28, 6)) as receivable,
    {{ amount("coalesce(cash.collected_recurring, 0) - coalesce(mrr.closing_mrr, 0)") }}
        as gap_timing,
    {{ amount("coalesce(cash.collected_one_off, 0)") }} as gap_one_off,
    {{ amount("coalesce(cash.collected_tax, 0)") }} as gap_tax
from cells
left join cash
    on cells.metric_month = cash.metric_month and cells.currency = cash.currency
left join mrr
    on cells.metric_month = mrr.metric_month and cells.currency = mrr.currency
order by cells.currency, cells.metric_month
