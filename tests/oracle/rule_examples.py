"""Examples of single rules that the metrics page states without numbers, as data."""

from datetime import UTC, datetime

from tests.oracle.example import WorkedExample, euro, off, payment, period

RULE_EXAMPLES = [
    WorkedExample(
        "rule-11",
        "30 days past due count, then it is churn; paying later is recovered, not rewritten",
        [
            period("ana", "2025-03-01", "2025-04-01"),
            period("ana", "2025-04-01", "2025-05-20", status="past_due"),
            period("ana", "2025-05-20"),
        ],
        kpis={"2025-04": {"closing_mrr": "100", "past_due_mrr": "100"}},
        movements=[
            ("ana", "2025-03-01", "new", "started", "100"),
            ("ana", "2025-05-01", "churn", "involuntary", "-100"),
            ("ana", "2025-05-20", "reactivation", "recovered", "100"),
        ],
    ),
    WorkedExample(
        "rule-11-in-time",
        "paid on the 30th day past due: nothing moves",
        [
            period("ana", "2025-03-01", "2025-04-01"),
            period("ana", "2025-04-01", "2025-05-01", status="past_due"),
            period("ana", "2025-05-01"),
        ],
        kpis={"2025-05": {"past_due_mrr": "0", "churned_mrr": "0"}},
        movements=[("ana", "2025-03-01", "new", "started", "100")],
    ),
    WorkedExample(
        "rule-12",
        "dunning exhausted: removed at once",
        [
            period("ana", "2025-03-01", "2025-04-01"),
            period("ana", "2025-04-01", "2025-04-11", status="past_due"),
            period("ana", "2025-04-11", "", status="unpaid"),
        ],
        kpis={"2025-04": {"involuntary_churned_mrr": "-100", "voluntary_churned_mrr": "0"}},
        movements=[
            ("ana", "2025-03-01", "new", "started", "100"),
            ("ana", "2025-04-11", "churn", "involuntary", "-100"),
        ],
    ),
    WorkedExample(
        "rule-9",
        "a payer's free quarter as a repeating discount is a pause with reason discount",
        [
            period("ana", "2025-03-01", "2025-04-01"),
            period("ana", "2025-04-01", "2025-06-01", **off("100", "repeating")),
            period("ana", "2025-06-01"),
        ],
        kpis={
            "2025-04": {"paused_customers": "1", "contraction_mrr": "-100"},
            "2025-06": {"resumed_customers": "1", "expansion_mrr": "100"},
        },
        movements=[
            ("ana", "2025-03-01", "new", "started", "100"),
            ("ana", "2025-04-01", "contraction", "discount", "-100"),
            ("ana", "2025-06-01", "expansion", "", "100"),
        ],
    ),
    WorkedExample(
        "rule-10",
        "another product on trial is pipeline, and its conversion an expansion",
        [
            period("ana", "2025-03-01", subscription_id="s1"),
            period(
                "ana", "2025-05-20", "2025-06-03", "40", subscription_id="s2", status="trialing"
            ),
            period("ana", "2025-06-03", "", "40", subscription_id="s2"),
        ],
        kpis={"2025-05": {"closing_mrr": "100", "pipeline_mrr": "40"}},
        movements=[
            ("ana", "2025-03-01", "new", "started", "100"),
            ("ana", "2025-06-03", "expansion", "trial_converted", "40"),
        ],
    ),
    WorkedExample(
        "rule-18",
        "days are those of the reporting zone: late on the 9th in UTC is the 10th in Lisbon",
        [period("ana", "2025-05-09T23:30:00Z", "2025-06-10T22:59:59Z")],
        movements=[
            ("ana", "2025-05-10", "new", "started", "100"),
            ("ana", "2025-06-10", "churn", "voluntary", "-100"),
        ],
        time_zone="Europe/Lisbon",
    ),
    WorkedExample(
        "rule-18-one-day",
        "a period that begins and ends on one day has no MRR and makes no movement",
        [
            period("ana", "2025-05-10T08:00:00Z", "2025-05-10T17:00:00Z"),
            period("bea", "2025-05-01"),
        ],
        movements=[("bea", "2025-05-01", "new", "started", "100")],
    ),
    WorkedExample(
        "rule-19",
        "a cancellation to the period's end leaves committed MRR on the day it is asked for",
        [
            period(
                "ana",
                "2025-03-01",
                "2025-06-01",
                cancel_requested_at="2025-04-20T09:00:00Z",
                cancel_scheduled_for="2025-06-01",
            ),
            period("bea", "2025-03-01", "", "50"),
        ],
        kpis={
            "2025-03": {"closing_mrr": "150", "committed_mrr": "150"},
            "2025-04": {"closing_mrr": "150", "committed_mrr": "50"},
            "2025-06": {"closing_mrr": "50", "committed_mrr": "50"},
        },
        customers={("ana", "2025-05"): {"mrr": "100", "committed_mrr": "0"}},
    ),
    WorkedExample(
        "rule-19-unknown",
        "without a column cancel_requested_at the past schedule is unknown, not empty",
        [period("ana", "2025-05-01")],
        kpis={"2025-05": {"closing_mrr": "100", "committed_mrr": None}},
    ),
    WorkedExample(
        "rule-20",
        "signed up and gone in one month: both movements, outside the rate",
        [period("ana", "2025-05-01"), period("bea", "2025-06-05", "2025-06-25")],
        kpis={"2025-06": {"churned_customers": "1", "customer_churn_rate": "0", "grr": "1"}},
        movements=[
            ("ana", "2025-05-01", "new", "started", "100"),
            ("bea", "2025-06-05", "new", "started", "100"),
            ("bea", "2025-06-25", "churn", "voluntary", "-100"),
        ],
    ),
    *(
        WorkedExample(
            f"rate-{name}",
            "a rate is found straight, the other way round, or over a common base",
            [period("ana", "2025-06-02", currency="EUR")],
            exchange_rates=[
                {"rate_date": "2025-05-30", "base": base, "quote": quote, "rate": rate}
                for base, quote, rate in pairs
            ],
            kpis={"2025-06": {"new_mrr": "125", "closing_mrr": "125"}},
            as_of=datetime(2025, 6, 7, tzinfo=UTC),
        )
        for name, pairs in (
            ("direct", [("EUR", "USD", "1.25"), ("USD", "EUR", "0.5")]),
            ("inverse", [("USD", "EUR", "0.8"), ("GBP", "USD", "3"), ("GBP", "EUR", "1")]),
            ("cross", [("GBP", "USD", "1.5"), ("GBP", "EUR", "1.2")]),
        )
    ),
    WorkedExample(
        "cohort",
        "a cohort counts those gone within it, grows past 100%, and knows nothing of open months",
        [
            period("ana", "2025-04-05", "2025-05-15", "100"),
            period("ana", "2025-05-15", "", "300"),
            period("bea", "2025-04-10", "2025-04-20", "100"),
        ],
        cohorts={
            ("2025-04", 0): {
                "customers": "2",
                "customers_retained": "1",
                "customer_retention": "0.5",
                "mrr_start": "200",
                "mrr_retained": "100",
                "mrr_retention": "0.5",
            },
            ("2025-04", 1): {"mrr_retained": "300", "mrr_retention": "1.5"},
            ("2025-04", 2): {"customers": "2", "customers_retained": None, "mrr_retained": None},
        },
    ),
    WorkedExample(
        "cash",
        "each event at its own day's rate: a full refund need not give 0",
        [period("ana", "2025-05-01", currency="EUR")],
        payments=[
            payment("p1", "ana", "2025-06-01", "119", currency="EUR", tax="19", fee="3"),
            payment("p2", "ana", "2025-06-20", "119", currency="EUR", tax="19", kind="refund"),
            payment("p3", "ana", "2025-06-21", "50", kind="dispute", fee="15"),
            payment("p4", "ana", "2025-06-22", "50", kind="dispute_reversal"),
            payment("p5", "ana", "2025-06-23", "70", status="failed"),
        ],
        exchange_rates=[
            *euro("2025-05-01", "2025-06-10", "1.10"),
            *euro("2025-06-11", "2025-06-30", "1.20"),
        ],
        kpis={"2025-06": {"collected_amount": "130.9", "refunded_amount": "-142.8"}},
        cash={
            ("2025-06", "EUR"): {"collected": "119", "refunded": "-119", "tax": "0", "fees": "3"},
            ("2025-06", "USD"): {"collected": "0", "disputed": "0", "fees": "15"},
        },
    ),
]
