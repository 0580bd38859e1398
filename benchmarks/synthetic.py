"""Made-up subscription periods and payments in any number; the same arguments, the same rows."""

from pathlib import Path

import duckdb

AS_OF = "2026-01-01 00:00:00.000000"
FOREIGN_SHARE = 8  # one customer in so many pays in euros

# Periods follow each other within an item, with a gap now and then; a customer has one item or two;
# prices, seats and plans change from one period to the next.
_PERIODS = """
create or replace table periods as
with items as (
    select
        i as item,
        i * 7 // 10 as customer,
        hash(i, 1) % 900 as first_day,
        1 + hash(i, 2) % 5 as period_count
    from range({rows} // 3) as numbered(i)
),
cuts as (
    select
        item,
        customer,
        n,
        period_count,
        first_day + coalesce(sum(length) over (partition by item order by n
            rows between unbounded preceding and 1 preceding), 0) as from_day,
        length - case when hash(item, n, 3) % 10 = 0 then 20 else 0 end as days
    from (
        select items.*, n, 30 + hash(item, n, 4) % 240 as length
        from items, range(1, 6) as counted(n)
        where n <= period_count
    )
)
select
    's' || item || '||' || n as subscription_period_id,
    's' || item as subscription_id,
    '' as item_id,
    'customer-' || customer as customer_id,
    'plan-' || (hash(item, n // 2, 5) % 6) as plan_id,
    case when hash(item, 6) % 4 = 0 then 'year' else 'month' end as billing_interval,
    case when customer % {foreign_share} = 0 and {with_foreign} then 'EUR' else 'USD' end
        as currency,
    case
        when n = 1 and hash(item, 7) % 5 = 0 then 'trialing'
        when hash(item, n, 8) % 25 = 0 then 'past_due'
        when hash(item, n, 9) % 40 = 0 then 'paused'
        else 'active'
    end as status,
    case when hash(item, 10) % 10 = 0 then 'repeating' else 'forever' end as discount_duration,
    case when n = period_count and hash(item, 11) % 4 = 0 then 'payment_failed' end as end_reason,
    1 as interval_count,
    cast(1 + hash(item, n, 12) % 20 as decimal(28, 6)) as quantity,
    cast(9 + hash(item, n // 3, 13) % 90 as decimal(28, 6)) as unit_amount,
    cast(case when hash(item, 10) % 10 = 0 then 15 else 0 end as decimal(28, 6))
        as discount_percent,
    cast(0 as decimal(28, 6)) as discount_amount,
    false as is_metered,
    true as is_recurring,
    true as has_cancellation_requests,
    timestamp '2022-01-01 09:00:00' + cast(from_day as integer) * interval '1 day' as started_at,
    case
        when n = period_count and hash(item, 14) % 2 = 0 then timestamp '9999-12-31 00:00:00'
        else timestamp '2022-01-01 09:00:00' + cast(from_day + days as integer) * interval '1 day'
    end as ended_at,
    cast(null as timestamp) as cancel_requested_at,
    cast(null as timestamp) as cancel_scheduled_for
from cuts
-- The order in which a file would bring them: none.
order by hash(item, n, 15)
"""

_PAYMENTS = """
select
    'pay_' || i as payment_id,
    'customer-' || (hash(i, 1) % greatest({rows} // 20, 1)) as customer_id,
    strftime(
        timestamp '2022-01-01' + cast(hash(i, 2) % 126000000 as bigint) * interval '1 second',
        '%Y-%m-%dT%H:%M:%SZ'
    ) as occurred_at,
    cast(5 + (hash(i, 3) % 100000) / 100.0 as decimal(18, 2)) as amount,
    case when i % {foreign_share} = 0 then 'EUR' else 'USD' end as currency,
    case when hash(i, 4) % 50 = 0 then 'refund' else 'charge' end as kind,
    case when hash(i, 5) % 30 = 0 then 'failed' else 'succeeded' end as status,
    's' || (hash(i, 6) % greatest({rows} // 12, 1)) as subscription_id,
    cast((hash(i, 7) % 500) / 100.0 as decimal(18, 2)) as tax,
    cast((hash(i, 8) % 300) / 100.0 as decimal(18, 2)) as fee
from range({rows}) as numbered(i)
"""


def make_periods(connection: duckdb.DuckDBPyConnection, rows: int, *, with_foreign: bool) -> None:
    """Makes the table ``periods`` with the columns of the staging model of subscription periods.

    Args:
        connection: Where the table is made.
        rows: About how many rows.
        with_foreign: Whether one customer in eight pays in euros.
    """
    connection.execute(
        _PERIODS.format(rows=rows, foreign_share=FOREIGN_SHARE, with_foreign=with_foreign)
    )


def write_payments(file: Path, rows: int) -> None:
    """Writes ``payments.csv`` of the files form."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"copy ({_PAYMENTS.format(rows=rows, foreign_share=FOREIGN_SHARE)}) "
            f"to '{file}' (header, delimiter ',')"
        )
