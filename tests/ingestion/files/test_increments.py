"""Only what changed is read, a changed file replaces its rows, and nothing vanishes unasked."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ingestion.files.faults import FilesRefusedError
from tests.ingestion.company import CUSTOMERS, PAYMENTS, SEEN_AT, Company


def test_an_unchanged_file_is_not_read_again(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    first = company.load()
    seen = company.current("customers", "record_id, observed_at, _dlt_load_id")

    again = company.load(as_of=SEEN_AT + timedelta(days=1))

    assert first.rows["customers"] == 3
    assert (again.rows, again.load_ids, again.details["unchanged_files"]) == ({}, [], 1)
    assert company.current("customers", "record_id, observed_at, _dlt_load_id") == seen


def test_a_changed_file_replaces_its_rows_and_leaves_the_others(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.give("payments.csv", PAYMENTS)
    company.load()
    payments = company.current("payments", "record_id, _dlt_load_id")

    company.give("customers.csv", "customer_id,name\nc2,Bob\nc9,Zoe\n")
    report = company.load()

    assert report.rows == {"customers": 2, "source_files": 1, "control_totals": 1}
    assert company.current("customers", "record_id, name") == [("c2", "Bob"), ("c9", "Zoe")]
    assert company.current("payments", "record_id, _dlt_load_id") == payments


def test_superseded_rows_are_deleted_and_versions_stay_listed(company: Company) -> None:
    for number in range(3):
        company.give("customers.csv", CUSTOMERS + f"x{number},Ex\n")
        company.load()

    assert company.count("customers") == 4
    assert company.query("SELECT count(*) FROM raw_files.control_totals") == [(1,)]
    assert company.query("SELECT row_count FROM raw_files.source_files") == [(4,), (4,), (4,)]


def test_a_file_of_no_rows_replaces_all_rows(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.load()

    company.give("customers.csv", "customer_id,name\n")
    company.load()

    assert company.current("customers") == []
    assert company.count("customers") == 0


def test_another_format_of_the_same_table_replaces_its_rows(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS).unlink()
    company.give("customers.csv", CUSTOMERS)
    company.load()
    (company.folder / "customers.csv").unlink()

    company.give("customers.jsonl", '{"customer_id": "c7"}\n')
    company.load()

    assert company.current("customers") == [("c7",)]


def test_a_removed_file_is_refused_until_it_is_confirmed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.give("payments.csv", PAYMENTS)
    company.load()
    (company.folder / "payments.csv").unlink()

    with pytest.raises(FilesRefusedError, match=r"payments.csv: was loaded before and is gone"):
        company.load()
    assert len(company.current("payments")) == 3

    monkeypatch.setenv("FILES_CONFIRM_REMOVED", "tickets.csv, payments.csv")
    report = company.load()

    assert report.details["removed_files"] == "payments.csv"
    assert company.current("payments") == []
    assert company.query(
        "SELECT is_present, row_count FROM raw_files.source_files WHERE file_table = 'payments' "
        "ORDER BY _dlt_load_id"
    ) == [(True, 3), (False, 0)]


def test_a_confirmed_removal_is_asked_once_and_the_file_may_come_back(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.give("payments.csv", PAYMENTS)
    company.load()
    (company.folder / "payments.csv").unlink()
    monkeypatch.setenv("FILES_CONFIRM_REMOVED", "payments.csv")
    company.load()
    monkeypatch.delenv("FILES_CONFIRM_REMOVED")

    assert company.load().rows == {}

    company.give("payments.csv", PAYMENTS)
    company.load()
    assert len(company.current("payments")) == 3


def test_the_last_file_can_be_removed_too(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.give("customers.csv", CUSTOMERS)
    company.load()
    (company.folder / "customers.csv").unlink()
    monkeypatch.setenv("FILES_CONFIRM_REMOVED", "customers.csv")

    company.load()

    assert company.count("customers") == 0


def test_another_reporting_time_zone_reads_every_file_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.give("payments.csv", PAYMENTS)
    company.load()

    monkeypatch.setenv("PERENE_TIME_ZONE", "America/Sao_Paulo")
    report = company.load()

    assert report.rows["payments"] == 3
    assert company.current("payments", "strftime(occurred_at, '%d %H:%M')")[0] == ("05 03:00",)


def test_other_files_and_unknown_columns_are_named_and_left_alone(company: Company) -> None:
    company.give("customers.csv", "customer_id,shoe_size\nc1,44\n")
    company.give("notes.txt", "hello")
    company.give("Payments.csv", "nothing of the form")

    report = company.load()

    assert report.details["other_files"] == "Payments.csv, notes.txt"
    assert report.details["unknown_columns"] == "customers.csv: shoe_size"
    assert sum("shoe_size" in line for line in company.lines) == 1
    assert sum("notes.txt" in line for line in company.lines) == 1


def test_control_totals_are_counts_and_sums_by_local_month_and_currency(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENE_TIME_ZONE", "Europe/Lisbon")
    company.give("payments.csv", PAYMENTS + "p4,c1,2025-02-28T23:59:59.999Z,0.000001,EUR\n")
    company.give("customers.csv", CUSTOMERS)
    company.give("usage.csv", "customer_id,occurred_on,feature,quantity\nc1,2025-03-31,x,2.5\n")

    company.load()

    totals = company.query(
        "SELECT file_table, CAST(month AS VARCHAR), currency, row_count, amount_sum "
        "FROM raw_files.control_totals ORDER BY ALL"
    )
    assert totals == [
        ("customers", None, None, 3, None),
        ("payments", "2025-01-01", "USD", 2, Decimal("30.500000")),
        ("payments", "2025-02-01", "EUR", 2, Decimal("30.000001")),
        ("usage", "2025-03-01", None, 1, Decimal("2.500000")),
    ]


def test_the_report_names_the_newest_fact_before_the_run(company: Company) -> None:
    company.give("payments.csv", PAYMENTS + "p9,c1,2030-01-01,1,USD\n")

    assert company.load().details["newest_fact"] == "2025-02-01T00:00:00+00:00"
