"""Payloads are held compressed, and a warehouse of an earlier version goes on as it is."""

import duckdb

from ingestion import warehouse
from tests.ingestion.company import CUSTOMERS, Company

MANY_CUSTOMERS = "customer_id,name\n" + "".join(f"c{n},Customer {n}\n" for n in range(5000))


def compressions(company: Company, column: str) -> set[str]:
    """Return how the text of a column of customers is held in the file."""
    rows = company.query(
        "SELECT compression FROM pragma_storage_info('raw_files.customers') "
        "WHERE column_name = ? AND segment_type = 'VARCHAR'",
        column,
    )
    return {compression for (compression,) in rows}


def test_payloads_of_a_new_warehouse_are_held_in_zstd(company: Company) -> None:
    company.give("customers.csv", MANY_CUSTOMERS)

    company.load()

    assert compressions(company, "payload") == {"ZSTD"}
    assert compressions(company, "record_id") != {"ZSTD"}
    assert company.current("customers", "payload->>'name'")[4999] == ("Customer 4999",)


def test_a_warehouse_that_knows_no_zstd_goes_on_and_is_compressed(company: Company) -> None:
    warehouse.prepare(company.settings.home)
    duckdb.connect(str(company.settings.home.warehouse)).close()
    company.give("customers.csv", MANY_CUSTOMERS)

    company.load()

    assert compressions(company, "payload").isdisjoint({"ZSTD", "Uncompressed"})
    assert company.current("customers", "payload->>'name'")[4999] == ("Customer 4999",)


def test_the_file_names_the_version_of_its_storage(company: Company) -> None:
    company.give("customers.csv", CUSTOMERS)

    company.load()

    assert company.query(
        "SELECT tags['storage_version'] FROM duckdb_databases() "
        "WHERE database_name = current_database()"
    ) == [("v1.2.0+",)]
