"""No model compares every row with every row.

Wall time would say so only on a slow day and a large company; a query plan says it at once.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from ingestion.sandbox.company import write_sample
from tests.warehouse import Warehouse, build_warehouse, run_dbt, target_database, variables

PAIRWISE_JOINS = {"BLOCKWISE_NL_JOIN", "CROSS_PRODUCT", "NESTED_LOOP_JOIN"}
MOST_PAIRS = 10_000  # that such a join may look at, unless one of its sides is a single row


@pytest.mark.slow
def test_no_model_joins_many_rows_pair_by_pair(tmp_path: Path) -> None:
    as_of = write_sample(tmp_path / "files", customers=3000)
    warehouse = build_warehouse(tmp_path / "home", tmp_path / "files", as_of, with_checks=False)
    assert warehouse.rows("select count(*) from intermediate.int_mrr_legs") > [(MOST_PAIRS,)]

    statements = compiled_tables(warehouse)
    assert len(statements) > 40
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        slow = {
            name: joins
            for name, statement in statements.items()
            if (joins := list(slow_joins(connection, statement)))
        }
    assert not slow


def test_a_join_that_cannot_be_hashed_is_seen() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table facts as select range as a, range as b from range(500)")
        joined = "select count(*) from facts as x inner join facts as y on "
        assert list(slow_joins(connection, f"{joined} x.a = y.a or x.b = y.b"))
        assert not list(slow_joins(connection, f"{joined} x.a = y.a and x.b = y.b"))
        assert list(slow_joins(connection, "select count(*) from facts as x cross join facts as y"))
        one_row = "(select max(a) as a from facts)"
        assert not list(slow_joins(connection, f"select * from facts cross join {one_row} as y"))


def compiled_tables(warehouse: Warehouse) -> dict[str, str]:
    """The SQL of every model that is built as a table, as it runs on the warehouse."""
    unwanted = ("resource_type:test", "resource_type:unit_test", "resource_type:seed")
    with target_database(PERENE_WAREHOUSE=str(warehouse.path)):
        results = run_dbt(["compile", "--exclude", *unwanted, "--vars", variables(warehouse)])
    DuckDBConnectionManager.close_all_connections()
    return {
        result.node.name: result.node.compiled_code
        for result in results
        if result.node.config.materialized == "table"
    }


def slow_joins(connection: duckdb.DuckDBPyConnection, statement: str) -> Iterator[str]:
    """The joins of a statement that look at too many pairs of rows, with their real sizes."""
    answer = connection.execute(f"explain (analyze, format json) {statement}").fetchall()
    for operator in operators(json.loads(answer[0][1])):
        if operator.get("operator_name") in PAIRWISE_JOINS:
            few, many = sorted(side["operator_cardinality"] for side in operator["children"])
            if few > 1 and few * many > MOST_PAIRS:
                yield f"{operator['operator_name']} of {few} by {many} rows"


def operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan["children"]:
        yield from operators(child)
