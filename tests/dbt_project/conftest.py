"""What several tests of the dbt project share."""

from typing import Any

import pytest

from ingestion.sandbox.company import write_sample
from tests.warehouse import Warehouse, build_warehouse, parsed_project


@pytest.fixture(scope="session")
def manifest() -> Any:
    """The parsed project, without a warehouse."""
    return parsed_project()


@pytest.fixture(scope="session")
def small_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A built warehouse of a few customers, for tests that need every relation to exist."""
    folder = tmp_path_factory.mktemp("small")
    as_of = write_sample(folder / "files", customers=20, months=3)
    return build_warehouse(folder / "home", folder / "files", as_of, with_checks=False)
