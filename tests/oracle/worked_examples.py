"""The worked examples of the metrics page, as data, and those of its single rules.

The same examples run against this package and against the real warehouse.
"""

from datetime import UTC, datetime

from tests.oracle.example import Row, WorkedExample, euro, many, off, payment, period
from tests.oracle.rule_examples import RULE_EXAMPLES

YEARLY = {"interval": "year"}
# Two subscriptions of one customer.
FIRST, SECOND = {"subscription_id": "s1"}, {"subscription_id": "s2"}


def _one_of_twenty_leaves_each_month(last_month: int) -> list[Row]:
    """Twenty payers of 100 from January 2025; each later month one leaves and one joins."""
    periods = many(20 - (last_month - 1), "stays", "2025-01-01")
    for month in range(2, last_month + 1):
        periods.append(period(f"leaves{month}", "2025-01-01", f"2025-{month:02}-15"))
        periods.append(period(f"joins{month}", f"2025-{month:02}-10"))
    return periods


PRICES = [
    WorkedExample(
        "M01",
        "1,200 a year is 100 a month",
        [period("ana", "2025-06-10", amount="1200", **YEARLY)],
        kpis={"2025-06": {"new_mrr": "100", "closing_mrr": "100", "arr": "1200"}},
        movements=[("ana", "2025-06-10", "new", "started", "100")],
    ),
    WorkedExample(
        "M02",
        "100 monthly plans of 100 and 50 yearly ones of 600",
        [
            *many(100, "m", "2025-06-01", amount="100"),
            *many(50, "y", "2025-06-01", amount="600", **YEARLY),
        ],
        kpis={"2025-06": {"closing_mrr": "12500", "closing_customers": "150"}},
    ),
    *(
        WorkedExample(
            f"M03-{policy}",
            "10 a day, 20 a week, 60 every two months and 120 a year",
            [
                period("ana", "2025-06-01", amount="10", interval="day", item_id="a"),
                period("ana", "2025-06-01", amount="20", interval="week", item_id="b"),
                period("ana", "2025-06-01", amount="60", interval_count="2", item_id="c"),
                period("ana", "2025-06-01", amount="120", interval="year", item_id="d"),
            ],
            kpis={"2025-06": {"closing_mrr": total}},
            policy=policy,
        )
        for policy, total in (
            ("default", "430.833334"),  # each item is rounded once: 304.166667 + 86.666667 + 40
            ("paddle", "426.60"),
            ("kaching", "431.27"),
        )
    ),
    WorkedExample(
        "M04",
        "90 every three months is 30 a month",
        [period("ana", "2025-06-01", amount="90", interval_count="3")],
        kpis={"2025-06": {"closing_mrr": "30"}},
    ),
    WorkedExample(
        "M05",
        "half off for ever halves the MRR; all off for ever is churn, the list price stays",
        [
            period("ana", "2025-05-01", "2025-06-10", "10", **off("50", "forever")),
            period("ana", "2025-06-10", "", "10", **off("100", "forever")),
        ],
        kpis={"2025-06": {"opening_mrr": "5", "churned_mrr": "-5", "closing_customers": "0"}},
        customers={
            ("ana", "2025-05"): {"mrr": "5", "mrr_list": "10"},
            ("ana", "2025-06"): {"mrr": "0", "mrr_list": "10", "is_paying": "false"},
        },
        movements=[
            ("ana", "2025-05-01", "new", "started", "5"),
            ("ana", "2025-06-10", "churn", "discount", "-5"),
        ],
    ),
    WorkedExample(
        "M06",
        "half off once leaves the MRR; only the net of all discounts shows it, for one month",
        [period("ana", "2025-05-10", **off("50", "once"))],
        customers={
            ("ana", "2025-05"): {"mrr": "100", "mrr_net_of_all_discounts": "50"},
            ("ana", "2025-06"): {"mrr": "100", "mrr_net_of_all_discounts": "100"},
        },
        movements=[("ana", "2025-05-10", "new", "started", "100")],
    ),
    WorkedExample(
        "M07",
        "120 a year with 10% off for ever",
        [period("ana", "2025-06-01", amount="120", **YEARLY, **off("10", "forever"))],
        kpis={"2025-06": {"closing_mrr": "9"}},
    ),
    WorkedExample(
        "M08",
        "a base fee of 10 and one seat of 10",
        [
            period("ana", "2025-06-01", amount="10", item_id="base"),
            period("ana", "2025-06-01", amount="10", item_id="seats", quantity="1"),
        ],
        kpis={"2025-06": {"closing_mrr": "20"}},
    ),
    WorkedExample(
        "M09",
        "metered usage of 20 and then 15 has no MRR",
        [
            period("ana", "2025-05-01", amount="10", item_id="base"),
            period("ana", "2025-05-01", "2025-06-01", "20", item_id="use", is_metered="true"),
            period("ana", "2025-06-01", "", "15", item_id="use", is_metered="true"),
        ],
        kpis={"2025-05": {"closing_mrr": "10"}, "2025-06": {"closing_mrr": "10"}},
        movements=[("ana", "2025-05-01", "new", "started", "10")],
    ),
    WorkedExample(
        "M10",
        "a yearly plan of 13,899 and an add-on limited to one billing cycle",
        [
            period("ana", "2025-06-01", amount="13899", item_id="plan", **YEARLY),
            period(
                "ana", "2025-06-01", "", "2100", item_id="extra", is_recurring="false", **YEARLY
            ),
        ],
        kpis={"2025-06": {"closing_mrr": "1158.25"}},
    ),
    WorkedExample(
        "M24",
        "77 new customers at 15 a month with 14 off the first month",
        many(77, "c", "2025-06-05", amount="15", discount_amount="14", discount_duration="once"),
        kpis={"2025-06": {"new_mrr": "1155", "closing_mrr": "1155", "new_customers": "77"}},
        customers={
            ("c0", "2025-06"): {"mrr": "15", "mrr_list": "15", "mrr_net_of_all_discounts": "1"}
        },
    ),
    WorkedExample(
        "M30",
        "from 12 to 24 a month after 7 of 28 days; the next charge of 33 is cash, not MRR",
        [
            period("ana", "2026-02-01", "2026-02-08", "12"),
            period("ana", "2026-02-08", "", "24"),
        ],
        payments=[
            payment("p1", "ana", "2026-02-01", "12"),
            payment("p2", "ana", "2026-03-01", "33"),
        ],
        kpis={
            "2026-02": {"closing_mrr": "24", "collected_amount": "12"},
            "2026-03": {"closing_mrr": "24", "collected_amount": "33"},
        },
        movements=[
            ("ana", "2026-02-01", "new", "started", "12"),
            ("ana", "2026-02-08", "expansion", "price", "12"),
        ],
        as_of=datetime(2026, 4, 1, tzinfo=UTC),
    ),
]

LIVES = [
    WorkedExample(
        "M11",
        "yearly seats, two monthly ones for a while, all cancelled, and back with three",
        [
            period("ana", "2024-01-10", "2025-01-10", "500", quantity="4", **YEARLY, **FIRST),
            period("ana", "2024-03-10", "2024-06-10", "30", quantity="2", **SECOND),
            period("ana", "2025-04-01", "", "50", quantity="3", subscription_id="s3"),
        ],
        movements=[
            ("ana", "2024-01-10", "new", "started", "166.666667"),
            ("ana", "2024-03-10", "expansion", "started", "60"),
            ("ana", "2024-06-10", "contraction", "voluntary", "-60"),
            ("ana", "2025-01-10", "churn", "voluntary", "-166.666667"),
            ("ana", "2025-04-01", "reactivation", "started", "150"),
        ],
    ),
    WorkedExample(
        "M15-two-days",
        "two subscriptions cancelled on different days: contraction, then churn",
        [
            period("ana", "2025-05-01", "2025-06-10", "30", **FIRST),
            period("ana", "2025-05-01", "2025-06-20", "70", **SECOND),
        ],
        movements=[
            ("ana", "2025-05-01", "new", "started", "100"),
            ("ana", "2025-06-10", "contraction", "voluntary", "-30"),
            ("ana", "2025-06-20", "churn", "voluntary", "-70"),
        ],
    ),
    WorkedExample(
        "M15-one-day",
        "two subscriptions cancelled on one day: one churn",
        [
            period("ana", "2025-05-01", "2025-06-10", "30", **FIRST),
            period("ana", "2025-05-01", "2025-06-10", "70", **SECOND),
        ],
        kpis={"2025-06": {"churned_customers": "1", "contraction_mrr": "0"}},
        movements=[
            ("ana", "2025-05-01", "new", "started", "100"),
            ("ana", "2025-06-10", "churn", "voluntary", "-100"),
        ],
    ),
    WorkedExample(
        "M23",
        "5 active, 8 on trial and 1 past due for 10 days, all at 49",
        [
            *many(5, "active", "2025-05-01", amount="49"),
            *many(8, "trial", "2025-06-20", amount="49", status="trialing"),
            period("late", "2025-05-01", "2025-06-21", "49"),
            period("late", "2025-06-21", "", "49", status="past_due"),
        ],
        kpis={
            "2025-06": {
                "closing_mrr": "294",
                "past_due_mrr": "49",
                "pipeline_mrr": "392",
                "closing_customers": "6",
            }
        },
    ),
    WorkedExample(
        "M25",
        "a cancelled subscription is one movement of its MRR, not two",
        [period("ana", "2025-05-01", "2025-06-10", cancel_requested_at="2025-06-02T10:00:00Z")],
        kpis={"2025-06": {"churned_mrr": "-100", "churned_customers": "1"}},
        customers={("ana", "2025-05"): {"mrr": "100", "committed_mrr": "100"}},
        movements=[
            ("ana", "2025-05-01", "new", "started", "100"),
            ("ana", "2025-06-10", "churn", "voluntary", "-100"),
        ],
    ),
    WorkedExample(
        "M26",
        "a payer's free month as a trial moves nothing",
        [
            period("ana", "2025-04-01", "2025-05-01"),
            period("ana", "2025-05-01", "2025-06-01", status="trialing"),
            period("ana", "2025-06-01"),
        ],
        kpis={"2025-05": {"closing_mrr": "100", "pipeline_mrr": "0"}},
        movements=[("ana", "2025-04-01", "new", "started", "100")],
    ),
    WorkedExample(
        "M28",
        "two accounts with equal totals keep each its own",
        [period("ana", "2025-06-01"), period("bea", "2025-06-01")],
        kpis={"2025-06": {"closing_mrr": "200", "closing_customers": "2"}},
        customers={("ana", "2025-06"): {"mrr": "100"}, ("bea", "2025-06"): {"mrr": "100"}},
    ),
    WorkedExample(
        "M29",
        "100 a month from 29 March to 29 April is 100 on each of the days",
        [period("ana", "2025-03-29", "2025-04-29")],
        kpis={"2025-03": {"closing_mrr": "100"}, "2025-04": {"closing_mrr": "0"}},
        movements=[
            ("ana", "2025-03-29", "new", "started", "100"),
            ("ana", "2025-04-29", "churn", "voluntary", "-100"),
        ],
    ),
    WorkedExample(
        "M32",
        "customers moved to a new product, cancel and create on one day: no churn, nobody new",
        [
            period("ana", "2025-05-01", "2025-06-10", plan="Old", **FIRST),
            period("ana", "2025-06-10", plan="New", **SECOND),
            period("bea", "2025-05-01", "2025-06-10", plan="Old", subscription_id="s3"),
            period("bea", "2025-06-10", "", "130", plan="New", subscription_id="s4"),
        ],
        kpis={"2025-06": {"churned_mrr": "0", "new_mrr": "0", "churned_customers": "0"}},
        movements=[
            ("ana", "2025-05-01", "new", "started", "100"),
            ("bea", "2025-05-01", "new", "started", "100"),
            ("bea", "2025-06-10", "expansion", "plan_switch", "30"),
        ],
    ),
    WorkedExample(
        "M33",
        "one ended and one open period: the months run to as_of",
        [period("ana", "2025-01-01", "2025-02-01"), period("bea", "2025-02-01")],
        kpis={
            "2025-02": {"closing_mrr": "100", "is_closed": "true"},
            "2025-05": {"closing_mrr": "100", "is_closed": "true"},
            "2025-06": {"closing_mrr": "100", "is_closed": "false"},
        },
    ),
    WorkedExample(
        "M37",
        "a payer of 100 pauses: a contraction, not a churn",
        [
            period("ana", "2025-05-01", "2025-06-10"),
            period("ana", "2025-06-10", "", status="paused"),
        ],
        kpis={
            "2025-06": {
                "contraction_mrr": "-100",
                "opening_customers": "1",
                "paused_customers": "1",
                "churned_customers": "0",
                "closing_customers": "0",
                "customer_churn_rate": "0",
                "grr": "0",
            }
        },
        movements=[
            ("ana", "2025-05-01", "new", "started", "100"),
            ("ana", "2025-06-10", "contraction", "paused", "-100"),
        ],
    ),
    WorkedExample(
        "M37-resumed",
        "a pause that ends in time is an expansion",
        [
            period("ana", "2025-04-01", "2025-05-10"),
            period("ana", "2025-05-10", "2025-06-10", status="paused"),
            period("ana", "2025-06-10"),
        ],
        kpis={"2025-06": {"opening_customers": "0", "resumed_customers": "1"}},
        movements=[
            ("ana", "2025-04-01", "new", "started", "100"),
            ("ana", "2025-05-10", "contraction", "paused", "-100"),
            ("ana", "2025-06-10", "expansion", "resumed", "100"),
        ],
    ),
    WorkedExample(
        "M37-too-long",
        "90 days paused is a churn of 0, counted outside the sum of payers",
        [
            period("ana", "2025-01-01", "2025-03-01"),
            period("ana", "2025-03-01", "", status="paused"),
        ],
        kpis={
            "2025-05": {
                "churned_mrr": "0",
                "churned_customers": "0",
                "churned_while_paused_customers": "1",
                "churned_of_opening": "1",
                "customer_churn_rate": "1",
            }
        },
        movements=[
            ("ana", "2025-01-01", "new", "started", "100"),
            ("ana", "2025-03-01", "contraction", "paused", "-100"),
            ("ana", "2025-05-30", "churn", "voluntary", "0"),
        ],
    ),
    WorkedExample(
        "M38",
        "paid to 30 June and ended at once on 10 June: churn on 10 June",
        [period("ana", "2025-05-01", "2025-06-10T15:30:00Z")],
        movements=[
            ("ana", "2025-05-01", "new", "started", "100"),
            ("ana", "2025-06-10", "churn", "voluntary", "-100"),
        ],
    ),
    WorkedExample(
        "M39",
        "a trial ends and its first charge fails: no movement",
        [
            period("ana", "2025-05-01", "2025-05-15", status="trialing"),
            period("ana", "2025-05-15", "2025-06-15", status="past_due"),
            period("bea", "2025-05-01"),
        ],
        payments=[payment("p1", "ana", "2025-05-15", "100", status="failed")],
        kpis={"2025-05": {"closing_mrr": "100", "new_customers": "1", "collected_amount": "0"}},
        movements=[("bea", "2025-05-01", "new", "started", "100")],
    ),
]

RATES = [
    WorkedExample(
        "M12",
        "opening 100; churn 10, contraction 10, expansion 10",
        [
            period("ana", "2025-05-01", "2025-06-10", "10"),
            period("bea", "2025-05-01", "2025-06-10", "50"),
            period("bea", "2025-06-10", "", "40"),
            period("cid", "2025-05-01", "2025-06-10", "40"),
            period("cid", "2025-06-10", "", "50"),
        ],
        kpis={"2025-06": {"gross_mrr_churn_rate": "0.2", "net_mrr_churn_rate": "0.1"}},
    ),
    WorkedExample(
        "M13",
        "100 customers, 11 leave, one of them joined this month",
        [
            *many(90, "stays", "2025-05-01"),
            *many(10, "leaves", "2025-05-01", "2025-06-15"),
            period("brief", "2025-06-05", "2025-06-25"),
        ],
        kpis={
            "2025-06": {
                "opening_customers": "100",
                "churned_customers": "11",
                "churned_of_opening": "10",
                "customer_churn_rate": "0.1",
            }
        },
    ),
    WorkedExample(
        "M14",
        "100 at the start, 12 churn, one of them came back and one had joined in the month",
        [
            *many(89, "stays", "2025-05-01"),
            *many(10, "leaves", "2025-05-01", "2025-06-15"),
            period("returns", "2025-05-01", "2025-06-05"),
            period("returns", "2025-06-20"),
            period("brief", "2025-06-05", "2025-06-25"),
        ],
        kpis={
            "2025-06": {
                "churned_customers": "12",
                "churned_of_opening": "10",
                "customer_churn_rate": "0.1",
                "reactivated_customers": "1",
            }
        },
    ),
    WorkedExample(
        "M16",
        "five customers at 1, 1, 3, 5 and 5",
        [period(f"c{n}", "2025-06-01", amount=amount) for n, amount in enumerate("11355")],
        kpis={"2025-06": {"arpu": "3"}},
    ),
    WorkedExample(
        "M17",
        "ten new: three at 100 and seven at 50",
        [*many(3, "a", "2025-06-01"), *many(7, "b", "2025-06-02", amount="50")],
        kpis={"2025-06": {"asp": "65", "new_customers": "10"}},
    ),
    WorkedExample(
        "M18",
        "ARPU 100 at a churn of 5% over six months",
        _one_of_twenty_leaves_each_month(7),
        kpis={
            "2025-08": {"arpu": "100", "cltv_formula": "2000"},
            "2025-06": {"cltv_formula": None},
        },
        as_of=datetime(2025, 8, 20, tzinfo=UTC),
    ),
    WorkedExample(
        "M18-no-churn",
        "nobody leaves: the lifetime is unknown, never infinite",
        many(20, "stays", "2025-01-01"),
        kpis={"2025-08": {"arpu": "100", "cltv_formula": None, "customer_churn_rate": "0"}},
        as_of=datetime(2025, 8, 20, tzinfo=UTC),
    ),
    WorkedExample(
        "M19",
        "1,000 at the start, 100 leave and 200 are added",
        [
            period("ana", "2025-05-01", "2025-06-10", "100"),
            period("bea", "2025-05-01", "2025-06-10", "900"),
            period("bea", "2025-06-10", "", "1100"),
        ],
        kpis={"2025-06": {"nrr": "1.1", "grr": "0.9"}},
    ),
    WorkedExample(
        "M20",
        "the same customers from 5,000 to 6,000, nobody down",
        [
            period("ana", "2025-05-01", "2025-06-10", "2000"),
            period("ana", "2025-06-10", "", "3000"),
            period("bea", "2025-05-01", "", "3000"),
        ],
        kpis={"2025-06": {"grr": "1", "nrr": "1.2"}},
    ),
    WorkedExample(
        "M21",
        "15 times 10 leave and 10 times 10 fail to pay",
        [
            *many(15, "leaves", "2025-05-01", "2025-06-10", "10"),
            *many(10, "fails", "2025-05-01", "2025-06-10", "10", end_reason="Payment failed"),
        ],
        kpis={
            "2025-06": {
                "churned_mrr": "-250",
                "voluntary_churned_mrr": "-150",
                "involuntary_churned_mrr": "-100",
            }
        },
    ),
    *(
        WorkedExample(
            f"M22-{policy}",
            "opening 50k; +8k new, +4k expansion, +1k reactivation, -2k contraction, -3k churn",
            [
                period("back", "2025-03-01", "2025-04-01", "1000"),
                period("back", "2025-06-03", "", "1000"),
                period("grows", "2025-05-01", "2025-06-04", "30000"),
                period("grows", "2025-06-04", "", "34000"),
                period("shrinks", "2025-05-01", "2025-06-05", "17000"),
                period("shrinks", "2025-06-05", "", "15000"),
                period("leaves", "2025-05-01", "2025-06-06", "3000"),
                period("joins", "2025-06-07", "", "8000"),
            ],
            kpis={
                "2025-06": {
                    "opening_mrr": "50000",
                    "closing_mrr": "58000",
                    "net_new_mrr": "8000",
                    "quick_ratio": quick_ratio,
                }
            },
            policy=policy,
        )
        for policy, quick_ratio in (("default", "2.6"), ("baremetrics", "2.4"))
    ),
    WorkedExample(
        "M40",
        "100 to 50 to 100 within a month",
        [
            period("ana", "2025-05-01", "2025-06-10", "100"),
            period("ana", "2025-06-10", "2025-06-20", "50"),
            period("ana", "2025-06-20", "", "100"),
        ],
        kpis={"2025-06": {"gross_mrr_churn_rate": "0.5", "grr": "1", "net_mrr_churn_rate": "0"}},
    ),
]

CURRENCIES = [
    WorkedExample(
        "M31",
        "a EUR subscription unchanged while the euro moves: only fx moves",
        [period("ana", "2025-05-10", currency="EUR")],
        exchange_rates=[
            *euro("2025-05-01", "2025-05-31", "1.10"),
            *euro("2025-06-01", "2025-06-30", "1.20"),
        ],
        kpis={"2025-06": {"fx_mrr": "10", "expansion_mrr": "0", "closing_mrr_constant": "110"}},
        movements=[
            ("ana", "2025-05-10", "new", "started", "110"),
            ("ana", "2025-06-30", "fx", "", "10"),
        ],
    ),
    WorkedExample(
        "M34",
        "a customer with items in two currencies is no fan-out",
        [
            period("ana", "2025-06-01", amount="100", item_id="a"),
            period("ana", "2025-06-01", amount="100", item_id="b", currency="EUR"),
        ],
        exchange_rates=euro("2025-06-01", "2025-06-30", "1.10"),
        kpis={"2025-06": {"closing_mrr": "210", "closing_customers": "1"}},
        movements=[("ana", "2025-06-01", "new", "started", "210")],
    ),
    WorkedExample(
        "M35",
        "EUR 100 at 1.10; +50 EUR on the 15th at 1.20; 1.00 at the close",
        [
            period("ana", "2025-05-10", "2025-06-15", "100", currency="EUR"),
            period("ana", "2025-06-15", "", "150", currency="EUR"),
        ],
        exchange_rates=[
            *euro("2025-05-01", "2025-05-31", "1.10"),
            *euro("2025-06-01", "2025-06-29", "1.20"),
            *euro("2025-06-30", "2025-06-30", "1.00"),
        ],
        kpis={
            "2025-06": {
                "opening_mrr": "110",
                "expansion_mrr": "60",
                "fx_mrr": "-20",
                "closing_mrr": "150",
                "nrr": "1.5",
                "grr": "1",
            }
        },
        movements=[
            ("ana", "2025-05-10", "new", "started", "110"),
            ("ana", "2025-06-15", "expansion", "price", "60"),
            ("ana", "2025-06-15", "fx", "", "10"),
            ("ana", "2025-06-30", "fx", "", "-30"),
        ],
    ),
    WorkedExample(
        "M36",
        "100 EUR ends and 120 USD begins on one day",
        [
            period("ana", "2025-05-01", "2025-06-10", "100", currency="EUR", **FIRST),
            period("ana", "2025-06-10", "", "120", **SECOND),
        ],
        exchange_rates=euro("2025-05-01", "2025-06-30", "1.10"),
        movements=[
            ("ana", "2025-05-01", "new", "started", "110"),
            ("ana", "2025-06-10", "expansion", "plan_switch", "10"),
        ],
    ),
    WorkedExample(
        "M31-switch",
        "a plan of EUR 100 gives way to another of EUR 100 on a month's last day: only fx moves",
        [
            period("ana", "2025-05-10", "2025-06-30", "100", currency="EUR", **FIRST),
            period("ana", "2025-06-30", "", "100", currency="EUR", **SECOND),
        ],
        exchange_rates=[
            *euro("2025-05-01", "2025-05-31", "1.10"),
            *euro("2025-06-01", "2025-06-30", "1.20"),
        ],
        kpis={"2025-06": {"fx_mrr": "10", "expansion_mrr": "0", "closing_mrr": "120"}},
        movements=[
            ("ana", "2025-05-10", "new", "started", "110"),
            ("ana", "2025-06-30", "fx", "", "10"),
        ],
    ),
]

WORKED_EXAMPLES = [*PRICES, *LIVES, *RATES, *CURRENCIES, *RULE_EXAMPLES]
