"""The sections of reports: one definition each, of which every rendering is made.

A section's query gives its columns in their order. It may name ``$start`` and ``$end`` (the
period's first day and the day after its last), ``$today`` (the last day of the data), ``$as_of``
(an instant of UTC) and ``$time_zone``. Marts only.
"""

from orchestration.reports.kinds import Kind
from orchestration.reports.naming import CUSTOMER_LISTS, KPI_PACK, WEEKLY_DIGEST
from orchestration.reports.section import Column, Moment, Section

_MONTHLY = frozenset({KPI_PACK})
_WEEKLY = frozenset({WEEKLY_DIGEST})
_BOTH = _MONTHLY | _WEEKLY
_LISTED = _BOTH | {CUSTOMER_LISTS}

_MOVEMENTS = (
    ("Opening MRR", "opening_mrr", "opening_customers"),
    ("New", "new_mrr", "new_customers"),
    ("Expansion", "expansion_mrr", "null"),
    ("Reactivation", "reactivation_mrr", "reactivated_customers"),
    ("Contraction", "contraction_mrr", "null"),
    ("Churned", "churned_mrr", "churned_customers"),
    ("Switched in", "transferred_in_mrr", "transferred_in_customers"),
    ("Switched out", "transferred_out_mrr", "transferred_out_customers"),
    ("Exchange rates", "fx_mrr", "null"),
    ("Restated", "restated_mrr", "null"),
    ("Closing MRR", "closing_mrr", "closing_customers"),
)
LEVELS = ("Opening MRR", "Closing MRR")

_MONTH_MOVEMENTS = f"""
    with period as (from marts.kpis_monthly where metric_month = $start),
    steps as ({
    " union all ".join(
        f"select {place} as place, '{term}' as term, {mrr} as mrr, {customers} as customers "
        "from period"
        for place, (term, mrr, customers) in enumerate(_MOVEMENTS)
    )
})
    -- Only among segments can anything switch.
    select term, mrr, customers from steps
    where term not in ('Switched in', 'Switched out') or mrr <> 0 order by place
"""  # noqa: S608 - own words

# The week's opening is all that was before it: movements add up to MRR, whatever the day.
_WEEK_MOVEMENTS = """
    with steps(place, term, movement_type) as (
        values (1, 'New', 'new'), (2, 'Expansion', 'expansion'),
            (3, 'Reactivation', 'reactivation'), (4, 'Contraction', 'contraction'),
            (5, 'Churned', 'churn'), (6, 'Exchange rates', 'fx'), (7, 'Restated', 'restated')
    ),
    customers as (
        select customer_id,
            coalesce(sum(mrr_delta) filter (where occurred_on < $start), 0) as opening,
            sum(mrr_delta) as closing
        from marts.fct_mrr_movements where occurred_on < $end group by customer_id
    )
    select term, mrr, customers from (
    select 0 as place, 'Opening MRR' as term, coalesce(sum(opening), 0)::decimal(28, 6) as mrr,
        count(*) filter (where opening > 0) as customers from customers
    union all
    select place, term, coalesce(sum(mrr_delta), 0)::decimal(28, 6),
        case when term in ('New', 'Reactivation', 'Churned') then count(distinct customer_id) end
    from steps left join marts.fct_mrr_movements as movements
        on movements.movement_type = steps.movement_type
        and occurred_on >= $start and occurred_on < $end
    group by place, term
    union all
    select 8, 'Closing MRR', coalesce(sum(closing), 0)::decimal(28, 6),
        count(*) filter (where closing > 0) from customers
    ) order by place
"""

_MOVEMENT_COLUMNS = (
    Column("movement", "Movement", Kind.TERM),
    Column("mrr", "MRR", Kind.MONEY),
    Column("customers", "Customers", Kind.COUNT),
)

# A customer is called as its company is, else by its own name, else by its id.
_CALLED = "coalesce(nullif(trim(company), ''), nullif(trim(name), ''), customer_id)"


def _local(column: str) -> str:
    """An instant of UTC as the clock of the reporting time zone shows it."""
    return f"(({column} at time zone 'UTC') at time zone $time_zone)"


def _by_segment(segment_kind: str, name: str, names: str) -> str:
    return f"""
        select {name}, closing_customers, closing_mrr, net_new_mrr,
            (closing_mrr / nullif(sum(closing_mrr) over (), 0))::decimal(28, 6)
        from marts.kpis_monthly_by_segment as segments {names}
        where segment_kind = '{segment_kind}' and metric_month = $start
            and (closing_mrr <> 0 or opening_mrr <> 0)
        order by closing_mrr desc, segment_value
    """  # noqa: S608 - the project's own words


def _retained(age: int) -> str:
    return f"max(customer_retention) filter (where age_months = {age})"


SECTIONS = (
    Section(
        "movements",
        "From opening to closing MRR",
        "Every step from the month's opening MRR to its closing MRR; together they close.",
        "There were no movements.",
        _MONTHLY,
        ("kpis_monthly",),
        _MONTH_MOVEMENTS,
        _MOVEMENT_COLUMNS,
        ("movement",),
        tab="MRR movements",
        is_mailed=True,
    ),
    Section(
        "week_movements",
        "From opening to closing MRR",
        "Every step from the week's opening MRR to its closing MRR; together they close.",
        "There were no movements.",
        _WEEKLY,
        ("fct_mrr_movements",),
        _WEEK_MOVEMENTS,
        _MOVEMENT_COLUMNS,
        ("movement",),
        tab="MRR movements",
    ),
    Section(
        "months",
        "Month by month",
        "Closed months, up to 24.",
        "There are no closed months.",
        _MONTHLY,
        ("kpis_monthly",),
        """
        select * from (
            select metric_month, closing_mrr, new_mrr, expansion_mrr, reactivation_mrr,
                contraction_mrr, churned_mrr, net_new_mrr, closing_customers,
                customer_churn_rate, nrr, grr
            from marts.kpis_monthly
            where metric_month <= $start and is_closed order by metric_month desc limit 24
        ) order by metric_month
        """,
        (
            Column("metric_month", "Month", Kind.MONTH),
            Column("closing_mrr", "MRR", Kind.MONEY),
            Column("new_mrr", "New", Kind.MONEY, is_detail=True),
            Column("expansion_mrr", "Expansion", Kind.MONEY, is_detail=True),
            Column("reactivation_mrr", "Reactivation", Kind.MONEY, is_detail=True),
            Column("contraction_mrr", "Contraction", Kind.MONEY, is_detail=True),
            Column("churned_mrr", "Churned", Kind.MONEY, is_detail=True),
            Column("net_new_mrr", "Net new MRR", Kind.MONEY),
            Column("closing_customers", "Customers", Kind.COUNT),
            Column("customer_churn_rate", "Customer churn", Kind.RATE),
            Column("nrr", "NRR", Kind.RATE),
            Column("grr", "GRR", Kind.RATE),
        ),
        ("metric_month",),
        is_newest_last=True,
    ),
    Section(
        "plans",
        "By plan",
        "At the month's close; a customer with two plans counts in both.",
        "There are no figures by plan.",
        _MONTHLY,
        ("kpis_monthly_by_segment", "dim_plans"),
        _by_segment(
            "plan",
            "coalesce(plans.name, segment_value)",
            "left join marts.dim_plans as plans on plans.plan_id = segment_value",
        ),
        (
            Column("plan", "Plan", Kind.TEXT),
            Column("customers", "Customers", Kind.COUNT),
            Column("closing_mrr", "MRR", Kind.MONEY, is_summed=True),
            Column("net_new_mrr", "Net new MRR", Kind.MONEY, is_summed=True),
            Column("share", "Share", Kind.RATE),
        ),
        ("plan",),
        shown=15,
    ),
    Section(
        "countries",
        "By country",
        "At the month's close.",
        "There are no figures by country.",
        _MONTHLY,
        ("kpis_monthly_by_segment",),
        _by_segment("country", "segment_value", ""),
        (
            Column("country", "Country", Kind.COUNTRY),
            Column("customers", "Customers", Kind.COUNT, is_summed=True),
            Column("closing_mrr", "MRR", Kind.MONEY, is_summed=True),
            Column("net_new_mrr", "Net new MRR", Kind.MONEY, is_summed=True),
            Column("share", "Share", Kind.RATE),
        ),
        ("country",),
    ),
    Section(
        "cohorts",
        "Customers who stay",
        "Customers by the month of their first payment, and the part of them still paying after "
        "that many months.",
        "There are no cohorts.",
        _MONTHLY,
        ("retention_cohorts",),
        f"""
        select * from (
            select cohort_month, max(customers), {", ".join(map(_retained, range(1, 13)))}
            from marts.retention_cohorts
            where cohort_month <= $start and cohort_month + to_months(age_months) <= $start
            group by cohort_month order by cohort_month desc limit 13
        ) order by cohort_month
        """,  # noqa: S608 - own words
        (
            Column("cohort_month", "First paid in", Kind.MONTH),
            Column("customers", "Customers", Kind.COUNT),
            *(Column(f"after_{age}_months", str(age), Kind.RATE) for age in range(1, 13)),
        ),
        ("cohort_month",),
        shown=13,
        is_newest_last=True,
        tab="Retention",
        is_shaded=True,
    ),
    Section(
        "dunning",
        "Failed payments",
        "MRR whose payment failed: what became at risk in the month, what was recovered, and what "
        "was lost.",
        "No payment failed.",
        _MONTHLY,
        ("dunning_monthly",),
        """
        select * from (
            select metric_month, opening_at_risk_mrr, entered_mrr, recovered_mrr, lost_mrr,
                closing_at_risk_mrr, mrr_recovery_rate, failed_charges
            from marts.dunning_monthly
            where metric_month <= $start and is_closed order by metric_month desc limit 12
        ) order by metric_month
        """,
        (
            Column("metric_month", "Month", Kind.MONTH),
            Column("opening_at_risk_mrr", "At risk before", Kind.MONEY, is_detail=True),
            Column("entered_mrr", "Became at risk", Kind.MONEY),
            Column("recovered_mrr", "Recovered", Kind.MONEY),
            Column("lost_mrr", "Lost", Kind.MONEY),
            Column("closing_at_risk_mrr", "At risk", Kind.MONEY),
            Column("mrr_recovery_rate", "Recovery rate", Kind.RATE),
            Column("failed_charges", "Failed charges", Kind.COUNT),
        ),
        ("metric_month",),
        shown=6,
        is_newest_last=True,
    ),
    Section(
        "support",
        "Support",
        "Tickets by the month in which they were opened; median times in hours of the calendar.",
        "There are no tickets.",
        _MONTHLY,
        ("fct_tickets",),
        f"""
        select * from (
            select date_trunc('month', {_local("created_at")})::date as opened_in, count(*),
                count(*) filter (where solved_at is not null),
                (median(first_reply_calendar_minutes) / 60)::decimal(28, 6),
                (median(first_resolution_calendar_minutes) / 60)::decimal(28, 6),
                count(*) filter (where reopens > 0),
                (count(*) filter (where rating_latest = 'good')
                    / nullif(count(rating_latest), 0))::decimal(28, 6)
            from marts.fct_tickets where is_counted and {_local("created_at")} < $end
            group by opened_in order by opened_in desc limit 12
        ) order by opened_in
        """,  # noqa: S608 - own words
        (
            Column("opened_in", "Month", Kind.MONTH),
            Column("tickets", "Tickets", Kind.COUNT),
            Column("solved", "Solved", Kind.COUNT),
            Column("first_reply_hours", "First reply, hours", Kind.RATIO),
            Column("resolution_hours", "Resolution, hours", Kind.RATIO),
            Column("reopened", "Reopened", Kind.COUNT),
            Column("good_ratings", "Good ratings", Kind.RATE),
        ),
        ("opened_in",),
        shown=6,
        is_newest_last=True,
    ),
    Section(
        "support_months",
        "Support",
        "Tickets of each month; median times in business hours.",
        "There are no tickets.",
        _MONTHLY,
        ("support_kpis_monthly",),
        """
        select * from (
            select metric_month, created_tickets, solved_tickets, backlog_tickets,
                (first_reply_business_minutes_median / 60)::decimal(28, 6),
                (first_resolution_business_minutes_median / 60)::decimal(28, 6),
                reopen_rate, csat, response_rate
            from marts.support_kpis_monthly
            where metric_month <= $start order by metric_month desc limit 12
        ) order by metric_month
        """,
        (
            Column("metric_month", "Month", Kind.MONTH),
            Column("created_tickets", "Tickets", Kind.COUNT),
            Column("solved_tickets", "Solved", Kind.COUNT),
            Column("backlog_tickets", "Backlog", Kind.COUNT),
            Column("first_reply_hours", "First reply, hours", Kind.RATIO),
            Column("resolution_hours", "Resolution, hours", Kind.RATIO),
            Column("reopen_rate", "Reopened", Kind.RATE, is_detail=True),
            Column("csat", "Good ratings", Kind.RATE),
            Column("response_rate", "Rated", Kind.RATE, is_detail=True),
        ),
        ("metric_month",),
        shown=6,
        is_newest_last=True,
        instead_of="support",
    ),
    Section(
        "support_weeks",
        "Support",
        "Tickets of each week; median times in business hours; the backlog as the week ends.",
        "There are no tickets.",
        _WEEKLY,
        ("fct_tickets", "support_backlog_daily"),
        f"""
        with tickets as (
            select {_local("created_at")}::date as created_on,
                {_local("first_replied_at")}::date as first_replied_on,
                {_local("first_solved_at")}::date as first_solved_on,
                {_local("solved_at")}::date as solved_on, {_local("rated_at")}::date as rated_on,
                first_reply_business_minutes, first_resolution_business_minutes, rating_latest
            from marts.fct_tickets where is_counted
        ),
        weeks as (
            select ($start - (7 * n)::integer)::date as week_start from range(6) as r(n)
        )
        select week_start,
            count(*) filter (where date_diff('day', week_start, created_on) between 0 and 6),
            count(*) filter (where date_diff('day', week_start, solved_on) between 0 and 6),
            (select sum(tickets) from marts.support_backlog_daily
                where backlog_on = week_start + 6),
            (median(first_reply_business_minutes) filter (
                where date_diff('day', week_start, first_replied_on) between 0 and 6
            ) / 60)::decimal(28, 6),
            (median(first_resolution_business_minutes) filter (
                where date_diff('day', week_start, first_solved_on) between 0 and 6
            ) / 60)::decimal(28, 6),
            (count(*) filter (
                where rating_latest = 'good'
                    and date_diff('day', week_start, rated_on) between 0 and 6
            ) / nullif(count(*) filter (
                where date_diff('day', week_start, rated_on) between 0 and 6
            ), 0))::decimal(28, 6)
        from weeks cross join tickets
        where week_start + 6 >= (select min(created_on) from tickets)
        group by week_start order by week_start
        """,  # noqa: S608 - own words
        (
            Column("week_start", "Week of", Kind.DAY, is_mailed=True),
            Column("tickets", "Tickets", Kind.COUNT),
            Column("solved", "Solved", Kind.COUNT),
            Column("backlog", "Backlog", Kind.COUNT, is_mailed=True),
            Column("first_reply_hours", "First reply, hours", Kind.RATIO, is_mailed=True),
            Column("resolution_hours", "Resolution, hours", Kind.RATIO),
            Column("good_ratings", "Good ratings", Kind.RATE, is_mailed=True),
        ),
        ("week_start",),
        is_newest_last=True,
        is_mailed=True,
    ),
    Section(
        "past_due",
        "Customers past due",
        "Customers with a payment that is past due when the data end.",
        "Nobody is past due.",
        _LISTED,
        ("customer_360",),
        f"""
        select {_CALLED}, customer_id, country, past_due_mrr, mrr, failed_charges_90_days,
            {_local("last_paid_at")}::date
        from marts.customer_360 where past_due_mrr > 0
        order by past_due_mrr desc, customer_id
        """,  # noqa: S608 - own words
        (
            Column("customer", "Customer", Kind.TEXT, is_mailed=True),
            Column("customer_id", "Customer id", Kind.TEXT, is_detail=True),
            Column("country", "Country", Kind.COUNTRY, is_detail=True),
            Column("past_due_mrr", "Past-due MRR", Kind.MONEY, is_summed=True, is_mailed=True),
            Column("mrr", "MRR", Kind.MONEY, is_summed=True),
            Column("failed_charges", "Failed charges, 90 days", Kind.COUNT),
            Column("last_paid_on", "Last paid", Kind.DAY, is_mailed=True),
        ),
        ("customer_id",),
        is_personal=True,
        is_mailed=True,
        moment=Moment.DAY,
    ),
    Section(
        "long_open_tickets",
        "Customers with long-open or reopened tickets",
        "A ticket open for more than three days, or reopened and of the last 30 days, when the "
        "data end; the highest MRR first.",
        "No ticket is open for long, none was reopened.",
        _LISTED,
        ("customer_360", "fct_tickets"),
        f"""
        with counted as (
            select customer_id,
                count(*) filter (where solved_at is null) as open_tickets,
                min(created_at) filter (where solved_at is null) as oldest_open_at,
                count(*) filter (where reopens > 0 and created_at >= $as_of - interval 30 day)
                    as reopened
            from marts.fct_tickets where is_counted group by customer_id
        )
        select {_CALLED}, customer_id, counted.open_tickets, {_local("oldest_open_at")}::date,
            reopened, last_rating,
            mrr
        from marts.customer_360 inner join counted using (customer_id)
        where oldest_open_at < $as_of - interval 3 day or reopened > 0
        order by mrr desc nulls last, customer_id
        """,  # noqa: S608 - own words
        (
            Column("customer", "Customer", Kind.TEXT, is_mailed=True),
            Column("customer_id", "Customer id", Kind.TEXT, is_detail=True),
            Column("open_tickets", "Open tickets", Kind.COUNT),
            Column("oldest_open_on", "Open since", Kind.DAY, is_mailed=True),
            Column("reopened_tickets", "Reopened", Kind.COUNT, is_mailed=True),
            Column("last_rating", "Last rating", Kind.TERM),
            Column("mrr", "MRR", Kind.MONEY, is_summed=True),
        ),
        ("customer_id",),
        is_personal=True,
        tab="Tickets",
        is_mailed=True,
        moment=Moment.DAY,
    ),
    Section(
        "renewals",
        "Renewals to come",
        "Yearly subscriptions whose anniversary falls in the 30 days after the data end.",
        "No yearly subscription renews in the next 30 days.",
        _LISTED,
        ("customer_360", "fct_mrr_movement_items"),
        f"""
        with subscriptions as (
            select customer_id, subscription_id, min(occurred_on) as started_on,
                sum(mrr_delta)::decimal(28, 6) as running_mrr
            from marts.fct_mrr_movement_items
            where billing_interval in ('year', '1 year', '12 month')
            group by customer_id, subscription_id having sum(mrr_delta) > 0
        ),
        renewals as (
            select *, (started_on + to_years(year($today) - year(started_on)))::date as this_year,
                (started_on + to_years(1 + year($today) - year(started_on)))::date as next_year
            from subscriptions
        )
        select {_CALLED}, customer_id, subscription_id,
            case when this_year > $today then this_year else next_year end as renews_on,
            started_on, running_mrr, mrr, payment_health, support_health
        from renewals inner join marts.customer_360 using (customer_id)
        where renews_on <= $today + 30
        order by renews_on, running_mrr desc, subscription_id
        """,  # noqa: S608 - own words
        (
            Column("customer", "Customer", Kind.TEXT, is_mailed=True),
            Column("customer_id", "Customer id", Kind.TEXT, is_detail=True),
            Column("subscription_id", "Subscription", Kind.TEXT, is_detail=True),
            Column("renews_on", "Renews on", Kind.DAY, is_mailed=True),
            Column("started_on", "Since", Kind.DAY, is_detail=True),
            Column("renewing_mrr", "Renewing MRR", Kind.MONEY, is_summed=True, is_mailed=True),
            Column("mrr", "MRR", Kind.MONEY, is_detail=True),
            Column("payment_health", "Payments", Kind.TERM),
            Column("support_health", "Support", Kind.TERM),
        ),
        ("subscription_id",),
        is_personal=True,
        is_mailed=True,
        moment=Moment.DAY,
    ),
    Section(
        "largest_changes",
        "Largest changes",
        "The customers whose MRR moved most in the period, exchange rates aside.",
        "Nobody's MRR moved.",
        _BOTH,
        ("fct_mrr_movements", "dim_customers"),
        f"""
        select {_CALLED}, customer_id, movement_type, reason, occurred_on, mrr_delta
        from marts.fct_mrr_movements left join marts.dim_customers using (customer_id)
        where occurred_on >= $start and occurred_on < $end and movement_type <> 'fx'
        order by abs(mrr_delta) desc, movement_id limit 20
        """,  # noqa: S608 - own words
        (
            Column("customer", "Customer", Kind.TEXT, is_mailed=True),
            Column("customer_id", "Customer id", Kind.TEXT, is_detail=True),
            Column("movement", "Movement", Kind.TERM, is_mailed=True),
            Column("reason", "Reason", Kind.TERM),
            Column("occurred_on", "Day", Kind.DAY),
            Column("mrr_delta", "Change of MRR", Kind.MONEY, is_mailed=True),
        ),
        ("customer_id", "occurred_on", "movement"),
        shown=10,
        is_personal=True,
        is_mailed=True,
    ),
    Section(
        "customers",
        "Customers with the most MRR",
        "At the month's close, with their share of all MRR.",
        "There are no paying customers.",
        _MONTHLY,
        ("fct_customer_mrr_monthly", "dim_customers"),
        f"""
        with paying as (
            select customer_id, mrr, sum(mrr) over () as total
            from marts.fct_customer_mrr_monthly where metric_month = $start and mrr > 0
        )
        select {_CALLED}, customer_id, mrr, (mrr / nullif(total, 0))::decimal(28, 6)
        from paying left join marts.dim_customers using (customer_id)
        order by mrr desc, customer_id limit 20
        """,  # noqa: S608 - own words
        (
            Column("customer", "Customer", Kind.TEXT),
            Column("customer_id", "Customer id", Kind.TEXT, is_detail=True),
            Column("mrr", "MRR", Kind.MONEY, is_summed=True),
            Column("share", "Share", Kind.RATE, is_summed=True),
        ),
        ("customer_id",),
        shown=20,
        is_personal=True,
        tab="Customers",
    ),
    Section(
        "data_quality",
        "Checks to look at",
        "Checks of the run that did not pass; none of them holds the publication back.",
        "Every check of the run passed.",
        _MONTHLY,
        ("data_quality",),
        """
        select check_name, checked_table, description, failures
        from marts.data_quality where status not in ('pass', 'success', 'skipped')
        order by failures desc, check_name
        """,
        (
            Column("check_name", "Check", Kind.TEXT, is_detail=True),
            Column("checked_table", "Table", Kind.TEXT),
            Column("description", "What it holds", Kind.TEXT),
            Column("failures", "Rows", Kind.COUNT),
        ),
        ("check_name",),
        moment=Moment.PUBLICATION,
    ),
    Section(
        "coverage",
        "Where the figures come from",
        "The sources, what was loaded of them, and the day of their last fact.",
        "No source has been loaded.",
        _MONTHLY,
        ("source_coverage",),
        f"""
        select source, count(*), sum(row_count)::bigint, {_local("min(first_fact_at)")}::date,
            {_local("max(last_fact_at)")}::date
        from marts.source_coverage where is_present group by source order by source
        """,  # noqa: S608 - own words
        (
            Column("source", "Source", Kind.TEXT),
            Column("tables", "Tables", Kind.COUNT),
            Column("rows", "Rows", Kind.COUNT),
            Column("first_fact_on", "First fact", Kind.DAY),
            Column("last_fact_on", "Last fact", Kind.DAY),
        ),
        ("source",),
        tab="Sources",
        moment=Moment.PUBLICATION,
    ),
)

BY_KEY = {section.key: section for section in SECTIONS}
LISTS = tuple(section.key for section in SECTIONS if CUSTOMER_LISTS in section.reports)


def sections_of(report: str) -> tuple[Section, ...]:
    """The sections of a report, in their order."""
    return tuple(section for section in SECTIONS if report in section.reports)
