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
    WorkedExample(
        "rule-23-net",
        "an item that switches its plan counts by the difference: what starts that day is larger",
        [
            period("ana", "2025-05-01", "2025-06-10", plan="Old", item_id="i1"),
            period("ana", "2025-06-10", plan="New", item_id="i1"),
            period("ana", "2025-06-10", "", "30", plan="Extra", item_id="i2"),
            period("bea", "2025-05-01", "2025-06-10", plan="Old", item_id="i1"),
            period("bea", "2025-06-10", "", "80", plan="New", item_id="i1"),
            period("bea", "2025-06-10", "", "50", plan="Extra", item_id="i2"),
            period("cai", "2025-05-01", "2025-06-10", plan="Old", item_id="i1"),
            period("cai", "2025-06-10", "", "80", plan="New", item_id="i1"),
            period("cai", "2025-06-10", "", "10", plan="Extra", item_id="i2"),
        ],
        kpis={"2025-06": {"expansion_mrr": "60", "contraction_mrr": "-10"}},
        movements=[
            ("ana", "2025-05-01", "new", "started", "100"),
            ("ana", "2025-06-10", "expansion", "started", "30"),
            ("bea", "2025-05-01", "new", "started", "100"),
            ("bea", "2025-06-10", "expansion", "started", "30"),
            ("cai", "2025-05-01", "new", "started", "100"),
            ("cai", "2025-06-10", "contraction", "plan_switch", "-10"),
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
    WorkedExample(
        "dunning",
        "one pays after five days, one after eight, one never, one gives up, one is still open",
        [
            period("ana", "2025-03-01", "2025-04-10"),
            period("ana", "2025-04-10", "2025-04-15", status="past_due"),
            period("ana", "2025-04-15"),
            period("bea", "2025-03-01", "2025-04-10", "50"),
            period("bea", "2025-04-10", "2025-04-18", "50", status="past_due"),
            period("bea", "2025-04-18", "", "50"),
            period("cai", "2025-03-01", "2025-04-05", "200"),
            period("cai", "2025-04-05", "", "200", status="past_due"),
            period("dan", "2025-03-01", "2025-04-05", "40"),
            period("dan", "2025-04-05", "2025-04-09", "40", status="past_due", end_reason="moved"),
            period("eve", "2025-03-01", "2025-04-28", "30"),
            period("eve", "2025-04-28", "2025-05-02", "30", status="past_due"),
            period("eve", "2025-05-02", "2025-05-04", "45", status="past_due"),
        ],
        payments=[
            payment("a1", "ana", "2025-04-10", "100", status="failed"),
            payment("a2", "ana", "2025-04-13", "100", status="failed"),
            payment("a3", "ana", "2025-04-15", "100"),
            payment("b1", "bea", "2025-04-10", "50", status="failed"),
            payment("b2", "bea", "2025-04-18", "50"),
            payment("b3", "bea", "2025-04-25", "50"),
        ],
        kpis={"2025-04": {"past_due_mrr": "230", "involuntary_churned_mrr": "0"}},
        dunning={
            "2025-03": {"entered_mrr": "0", "closing_at_risk_mrr": "0", "mrr_recovery_rate": None},
            "2025-04": {
                "opening_at_risk_mrr": "0",
                "entered_mrr": "420",
                "recovered_mrr": "150",
                "lost_mrr": "0",
                "otherwise_ended_mrr": "40",
                "closing_at_risk_mrr": "230",
                "entered_subscriptions": "5",
                "recovered_subscriptions": "2",
                "otherwise_ended_subscriptions": "1",
                "closing_at_risk_subscriptions": "2",
                "closing_at_risk_customers": "2",
                "mrr_recovery_rate": "1",
                "median_days_to_recovery": "6.5",
                "failed_charges": "3",
                "failed_charges_amount": "250",
                "recovered_charges": "2",
                "recovered_charges_amount": "150",
            },
            "2025-05": {
                "opening_at_risk_mrr": "230",
                "changed_mrr": "15",
                "lost_mrr": "200",
                "otherwise_ended_mrr": "45",
                "closing_at_risk_mrr": "0",
                "lost_customers": "1",
                "mrr_recovery_rate": "0",
                "median_days_to_recovery": None,
                "failed_charges": "0",
            },
        },
    ),
    WorkedExample(
        "dunning-lost",
        "at risk is lost by the limit of days, as unpaid, or by an end for want of payment",
        [
            period("ana", "2025-03-01", "2025-04-01"),
            period("ana", "2025-04-01", "2025-05-20", status="past_due"),
            period("ana", "2025-05-20"),
            period("bea", "2025-03-01", "2025-04-01", "50"),
            period("bea", "2025-04-01", "2025-04-11", "50", status="past_due"),
            period("bea", "2025-04-11", "", "50", status="unpaid"),
            period("cai", "2025-03-01", "2025-04-01", "20"),
            period(
                "cai", "2025-04-01", "2025-04-22", "20", status="past_due", end_reason="no_card"
            ),
            period("dan", "2025-03-01", "2025-04-01", "30"),
            period("dan", "2025-04-01", "2025-04-09", "30", status="past_due"),
            period("dan", "2025-04-09", "", "30"),
        ],
        dunning={
            "2025-04": {
                "entered_mrr": "200",
                "recovered_mrr": "30",
                "lost_mrr": "70",
                "closing_at_risk_mrr": "100",
                "mrr_recovery_rate": "0.3",
                "subscription_recovery_rate": "0.333333",
                "failed_charges": None,
            },
            # On 1 May ana is beyond the limit; what she pays on 20 May is a reactivation.
            "2025-05": {"recovered_mrr": "0", "lost_mrr": "100", "closing_at_risk_mrr": "0"},
        },
    ),
    WorkedExample(
        "dunning-currency",
        "100 EUR enter at 1.10, stand at 1.20 at the close and are recovered at 1.00",
        [
            period("ana", "2025-03-01", "2025-04-20", currency="EUR"),
            period("ana", "2025-04-20", "2025-05-10", currency="EUR", status="past_due"),
            period("ana", "2025-05-10", currency="EUR"),
        ],
        exchange_rates=[
            *euro("2025-03-01", "2025-04-25", "1.10"),
            *euro("2025-04-26", "2025-05-05", "1.20"),
            *euro("2025-05-06", "2025-06-30", "1.00"),
        ],
        kpis={"2025-04": {"past_due_mrr": "120"}},
        dunning={
            "2025-04": {"entered_mrr": "110", "fx_mrr": "10", "closing_at_risk_mrr": "120"},
            "2025-05": {"recovered_mrr": "100", "fx_mrr": "-20", "closing_at_risk_mrr": "0"},
        },
    ),
    WorkedExample(
        "trials",
        "by month of the end; once a customer; not a payer's; a charge on the 30th day counts",
        [
            # Charged at once; a second trial does not count.
            period("ana", "2025-03-20", "2025-04-03", status="trialing"),
            period("ana", "2025-04-03", "2025-05-03"),
            period("ana", "2025-06-10", "", subscription_id="ana-2", status="trialing"),
            # On the thirtieth day after the end, and on the day after it.
            period("bea", "2025-03-20", "2025-04-03", status="trialing"),
            period("cai", "2025-03-20", "2025-04-03", status="trialing"),
            # The charge at the end failed.
            period("dan", "2025-04-01", "2025-04-15", status="trialing"),
            period("dan", "2025-04-15", "2025-04-20", status="past_due"),
            # A payer tries another product.
            period("eve", "2025-03-01"),
            period("eve", "2025-04-01", "2025-04-15", subscription_id="eve-2", status="trialing"),
            # Still on trial.
            period("fay", "2025-06-20", "", "70", status="trialing"),
        ],
        payments=[
            payment("a1", "ana", "2025-04-03", "100"),
            payment("b1", "bea", "2025-05-03", "100"),
            payment("c1", "cai", "2025-05-04", "100"),
            payment("d1", "dan", "2025-04-15", "100", status="failed"),
            payment("e1", "eve", "2025-04-15", "100"),
        ],
        trials={
            "2025-03": {
                "started_trials": "3",
                "ended_trials": "0",
                "closing_trials": "3",
                "conversion_rate": None,
                "pipeline_mrr": "300",
            },
            "2025-04": {
                "opening_trials": "3",
                "started_trials": "1",
                "ended_trials": "4",
                "closing_trials": "0",
                "converted_trials": "2",
                "conversion_rate": "0.5",
                "is_provisional": "false",
            },
            "2025-05": {"is_provisional": "false"},
            "2025-06": {
                "started_trials": "1",
                "closing_trials": "1",
                "pipeline_mrr": "170",
                "is_provisional": "true",
            },
        },
    ),
    WorkedExample(
        "trials-without-payments",
        "trials come before MRR; without payments nobody knows what came of them",
        [
            period("ana", "2025-03-20", "2025-04-03", status="trialing"),
            period("ana", "2025-05-03"),
        ],
        trials={
            "2025-03": {"started_trials": "1", "converted_trials": None},
            "2025-04": {"ended_trials": "1", "converted_trials": None, "conversion_rate": None},
        },
    ),
]
