"""A made-up company of any number of customers, as files in the form of the source ``files``.

Two years of history: five plans sold by the seat, by the month or the year, in dollars and euros;
trials, discounts, upgrades, more seats and fewer, pauses, customers who leave and some who come
back; charges that fail and are tried again, refunds; tickets and their ratings. The same arguments
give the same bytes.
"""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

AS_OF = datetime(2026, 1, 6, tzinfo=UTC)  # five days after a month's end, so that it is closed
CUSTOMERS = 100_000

_FIRST_DAY = "timestamp '2024-01-01 00:00:00'"
_DAYS = 736  # from there to AS_OF
_AS_OF = f"timestamp '{AS_OF:%Y-%m-%d %H:%M:%S}'"
_INSTANT = "'%Y-%m-%dT%H:%M:%SZ'"

# A throw of dice that falls alike each time for the same numbers.
_DICE = """
create macro dice(sides, a, b) as cast(hash(a, b) % sides as integer),
    (sides, a, b, c) as cast(hash(a, b, c) % sides as integer),
    (sides, a, b, c, d) as cast(hash(a, b, c, d) % sides as integer)
"""

# An eighth is there from the beginning; the others come, more of them each month.
_CUSTOMERS = """
create table customers as
select
    i as number,
    'customer-' || lpad(cast(i as text), 7, '0') as customer_id,
    cast(case when dice(8, i, 1) = 0 then dice(20, i, 2)
        else greatest(dice({days}, i, 3), dice({days}, i, 4)) end as integer) as first_day,
    dice(86400, i, 5) as second,
    ['US', 'US', 'US', 'BR', 'BR', 'GB', 'CA', 'MX', 'DE', 'FR', 'PT', 'ES', 'NL'][
        1 + dice(13, i, 6)] as country,
    ['search', 'search', 'referral', 'partner', 'advertising', 'event'][1 + dice(6, i, 7)]
        as channel,
    ['small', 'small', 'small', 'medium', 'large'][1 + dice(5, i, 8)] as segment
from range({customers}) as numbered(i)
"""

# A subscription is a chain of periods, and so has its changes where they meet. A twelfth of the
# ends leave a gap: the customer leaves and comes back.
_PERIODS = """
create table periods as
with subscriptions as (
    select
        customers.*,
        number * 2 + second_one as item,
        first_day + second_one * 45 as item_day,
        1 + dice(5, number, second_one, 10) as period_count,
        dice(6, number, 11) = 0 and second_one = 0 as has_trial,
        case when dice(5, number, second_one, 12) = 0 then 'year' else 'month' end as length_unit,
        dice(10, number, second_one, 13) < 4 as leaves,
        country in ('DE', 'FR', 'PT', 'ES', 'NL') as pays_euros
    from customers
    inner join (values (0), (1)) as ones(second_one)
        on second_one = 0 or dice(25, number, 9) = 0
),
stretches as (
    select
        subscriptions.*,
        n,
        case
            when n = 1 and has_trial then 'trialing'
            when n > 1 and (n < period_count or leaves) and dice(12, item, n, 20) = 0
                then 'past_due'
            when n > 1 and dice(60, item, n, 21) = 0 then 'paused'
            else 'active'
        end as status
    from subscriptions
    inner join range(1, 6) as counted(n) on n <= period_count
),
lengths as (
    select
        *,
        cast(case status
            when 'trialing' then 14
            when 'past_due' then 5 + dice(20, item, n, 14)
            else 45 + dice(240, item, n, 14)
        end as integer) as days
    from stretches
),
placed as (
    select
        *,
        coalesce(sum(days) over (
            partition by item order by n rows between unbounded preceding and 1 preceding
        ), 0) + item_day as from_day,
        ['starter', 'team', 'team', 'business', 'enterprise'][
            1 + least(4, (dice(4, item, 15)) + (case when dice(3, item, 16) = 0
                then (n - 1) // 2 else 0 end))] as plan
    from lengths
)
select
    item,
    n,
    number,
    'subscription-' || item as subscription_id,
    customer_id,
    plan,
    {first_day} + (from_day * 86400 + second) * interval '1 second' as started_at,
    case
        when n < period_count or leaves
            then {first_day} + ((from_day + days - case
                when n < period_count and status = 'active' and n > 1
                    and dice(12, item, n, 17) = 0 then 31 else 0
            end) * 86400 + second) * interval '1 second'
        else timestamp '9999-12-31 00:00:00'
    end as ended_at,
    length_unit,
    1 + dice(9, item, 18) + dice(4, item, n, 19) as quantity,
    cast(case plan when 'starter' then 9 when 'team' then 19 when 'business' then 39 else 79 end
        * case when length_unit = 'year' then 10 else 1 end as decimal(18, 2)) as unit_amount,
    case when pays_euros then 'EUR' else 'USD' end as currency,
    status,
    case when dice(10, item, 22) = 0 then 20 else 0 end as discount_percent,
    case when leaves and n = period_count then
        ['payment_failed', 'too_expensive', 'not_used', 'went_elsewhere', 'payment_failed'][
            1 + dice(5, item, 23)] end as end_reason
from placed
where {first_day} + (from_day * 86400 + second) * interval '1 second' < {as_of}
"""

# One charge a term. One in thirty fails, and is tried again three days later; those of a period
# past due fail twice before.
_PAYMENTS = """
create table payments as
with terms as (
    select
        *,
        started_at + cast(term as integer) * case when length_unit = 'year' then 12 else 1 end
            * interval '1 month' as due_at,
        cast(unit_amount * quantity * (100 - discount_percent) * 0.01 as decimal(18, 2)) as net
    from periods
    inner join range(0, 25) as counted(term) on term = 0 or length_unit = 'month' or term < 3
    where status in ('active', 'past_due')
),
due as (
    select
        *,
        cast(net * 0.2 as decimal(18, 2)) as tax,
        case when status = 'past_due' then 2 when dice(30, item, n, term, 1) = 0 then 1 else 0 end
            as failures
    from terms
    where due_at < least(ended_at, {as_of})
),
attempts as (
    select *, attempt, due_at + cast(attempt as integer) * interval '3 days' as occurred_at
    from due
    inner join range(0, 3) as counted(attempt) on attempt <= failures
)
select
    'payment-' || item || '-' || n || '-' || term || '-' || attempt as payment_id,
    customer_id,
    occurred_at,
    net + tax as amount,
    currency,
    'charge' as kind,
    case when attempt < failures then 'failed' else 'succeeded' end as status,
    subscription_id,
    tax,
    case when attempt < failures then 0 else cast(net * 0.03 as decimal(18, 2)) end as fee,
    case when attempt < failures then
        ['card_declined', 'insufficient_funds', 'expired_card'][1 + dice(3, item, n, term, 2)]
    end as failure_reason
from attempts
where occurred_at < {as_of}
union all
select
    'refund-' || item || '-' || n || '-' || term,
    customer_id,
    due_at + interval '20 days',
    net + tax,
    currency,
    'refund',
    'succeeded',
    subscription_id,
    tax,
    0,
    null
from due
where dice(90, item, n, term, 3) = 0 and due_at + interval '20 days' < {as_of}
"""

_TICKETS = """
create table tickets as
with written as (
    select
        i,
        customers.*,
        {first_day} + (dice({days}, i, 32) * 86400 + dice(86400, i, 33)) * interval '1 second'
            as created_at,
        cast(300 + dice(90000, i, 34) as integer) as reply_seconds,
        dice(400000, i, 35) as work_seconds,
        dice(25, i, 36) <> 0 as is_ever_solved
    from range(6 * {customers}) as numbered(i)
    inner join customers
        on customers.number = dice({customers}, i, 31) and first_day <= dice({days}, i, 32)
),
served as (
    select
        *,
        created_at + reply_seconds * interval '1 second' as replied_at,
        created_at + (reply_seconds + work_seconds) * interval '1 second' as done_at
    from written
)
select
    'ticket-' || i as ticket_id,
    i as ticket,
    created_at,
    case when dice(5, i, 37) <> 0 then customer_id end as customer_id,
    'person' || number || '@company' || number || '.example' as requester_email,
    case when replied_at < {as_of} then replied_at end as first_replied_at,
    case when is_ever_solved and done_at < {as_of} then done_at end as solved_at,
    ['low', 'normal', 'normal', 'high', 'urgent'][1 + dice(5, i, 38)] as priority,
    ['email', 'email', 'web', 'chat'][1 + dice(4, i, 39)] as channel,
    ['question', 'problem', 'incident'][1 + dice(3, i, 40)] as ticket_type,
    ['Please cancel my subscription', 'The board is down', 'How do I log in with SSO?',
        'The invoice has a wrong VAT number', 'My card was declined', 'How do I export a board?',
        'Could you add a calendar?', 'It has been slow since Monday', 'Thank you'][
        1 + dice(9, i, 41)] as subject,
    1 + dice(5, i, 42) as replies,
    cast(dice(12, i, 43) = 0 as integer) as reopens
from served
where created_at < {as_of}
"""

_FILES = {
    "customers": """
select
    customer_id,
    'Company ' || number as name,
    'person' || number || '@company' || number || '.example' as email,
    'Company ' || number as company,
    country,
    strftime({first_day} + (first_day * 86400 + second) * interval '1 second', {instant})
        as created_at,
    segment,
    channel as acquisition_channel
from customers
order by number
""",
    "subscription_periods": """
select
    subscription_id,
    customer_id,
    plan,
    strftime(started_at, {instant}) as started_at,
    case when ended_at < {as_of} then strftime(ended_at, {instant}) end as ended_at,
    length_unit as "interval",
    quantity,
    unit_amount,
    currency,
    status,
    discount_percent,
    'forever' as discount_duration,
    case when ended_at < {as_of} then end_reason end as end_reason
from periods
order by item, n
""",
    "payments": """
select
    payment_id,
    customer_id,
    strftime(occurred_at, {instant}) as occurred_at,
    amount,
    currency,
    kind,
    status,
    subscription_id,
    tax,
    fee,
    failure_reason
from payments
order by occurred_at, payment_id
""",
    "tickets": """
select
    ticket_id,
    strftime(created_at, {instant}) as created_at,
    customer_id,
    requester_email,
    strftime(first_replied_at, {instant}) as first_replied_at,
    strftime(solved_at, {instant}) as first_solved_at,
    strftime(solved_at, {instant}) as solved_at,
    case when solved_at is not null then 'solved' when first_replied_at is not null then 'pending'
        else 'new' end as status,
    priority,
    channel,
    ticket_type as "type",
    subject,
    replies,
    case when solved_at is not null then reopens else 0 end as reopens
from tickets
order by ticket
""",
    "ticket_ratings": """
select
    ticket_id,
    strftime(solved_at + interval '2 hours', {instant}) as rated_at,
    case when dice(6, ticket, 51) = 0 then 'bad' else 'good' end as score
from tickets
where dice(4, ticket, 52) = 0 and solved_at + interval '2 hours' < {as_of}
order by ticket
""",
    "exchange_rates": """
select
    strftime(rate_day, '%Y-%m-%d') as rate_date,
    'EUR' as base,
    'USD' as quote,
    cast(1.05 + dice(1000, day, 61) * 0.00005 as decimal(18, 4)) as rate
from (
    select day, {first_day} + cast(day as integer) * interval '1 day' as rate_day
    from range(-10, {days}) as days(day)
)
where isodow(rate_day) < 6
order by rate_day
""",
}


def write_company(folder: Path, customers: int = CUSTOMERS) -> dict[str, int]:
    """Writes the company's files as CSV.

    Args:
        folder: Where to write; made if absent, files of the same names are replaced.
        customers: How many customers.

    Returns:
        Rows of each file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        "customers": customers,
        "days": _DAYS,
        "first_day": _FIRST_DAY,
        "as_of": _AS_OF,
        "instant": _INSTANT,
    }
    rows = {}
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("set enable_progress_bar = false")
        for statement in (_DICE, _CUSTOMERS, _PERIODS, _PAYMENTS, _TICKETS):
            connection.execute(statement.format(**values))
        for name, query in _FILES.items():
            file = folder / f"{name}.csv"
            written = connection.execute(
                f"copy ({query.format(**values)}) to '{file}' (header, delimiter ',')"
            ).fetchall()
            rows[name] = int(written[0][0])
    return rows
