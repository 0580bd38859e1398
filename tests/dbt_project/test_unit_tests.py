"""dbt's unit tests: a model's rule on a few rows, without the rest of the warehouse."""

from typing import Any

from tests.warehouse import Warehouse, run_dbt, target_database


def test_every_unit_test_of_a_model_passes(small_warehouse: Warehouse, manifest: Any) -> None:
    # They take the types of their rows from the relations, and their variables from the project.
    with target_database(PERENE_WAREHOUSE=str(small_warehouse.path)):
        results = run_dbt(["test", "--select", "test_type:unit"])
    ran = {result.node.unique_id for result in results if result.node.resource_type == "unit_test"}
    assert ran == set(manifest.unit_tests)
