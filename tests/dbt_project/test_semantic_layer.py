"""What MetricFlow computes of the semantic models is what stands in the marts."""

import csv
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ingestion.sandbox.company import write_sample
from orchestration.publishing.snapshot import attach_snapshot, copy_mart, mart_names
from tests.warehouse import PROJECT, Warehouse, build_warehouse

LOCK = Path(__file__).with_name("metricflow.lock")
LEFT_BEHIND = shutil.ignore_patterns("target", "logs")
RUNNER = "from dbt_metricflow.cli.main import cli; cli()"
# Metrics by their column in kpis_monthly.
METRICS = {
    "closing_mrr": "mrr",
    "closing_customers": "customers",
    "arpu": "arpu",
    **{
        name: name
        for name in (
            "committed_mrr",
            "new_mrr",
            "expansion_mrr",
            "contraction_mrr",
            "churned_mrr",
            "reactivation_mrr",
            "fx_mrr",
            "net_new_mrr",
            "collected_amount",
            "refunded_amount",
        )
    },
}
# MetricFlow writes floats.
TOLERANCE = Decimal("0.000001")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("semantic")
    as_of = write_sample(folder / "files")
    return build_warehouse(folder / "home", folder / "files", as_of, with_checks=False)


@pytest.fixture(scope="module")
def metricflow(pytestconfig: pytest.Config) -> Path:
    """MetricFlow beside this environment, which does not have it."""
    version = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("metricflow") / version
    if not folder.exists():
        unfinished = folder.with_name(f"{version}.{os.getpid()}")
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes"),
                *("--no-deps", "--target", str(unfinished), "-r", str(LOCK)),
            ],
            check=True,
        )
        unfinished.rename(folder)
    return folder


@pytest.fixture(scope="module")
def project(
    warehouse: Warehouse, metricflow: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A copy of the dbt project: MetricFlow reads its manifest from the folder target/ inside."""
    folder = tmp_path_factory.mktemp("project") / "dbt"
    shutil.copytree(PROJECT, folder, ignore=LEFT_BEHIND)
    run(warehouse, metricflow, folder, ["-c", "from dbt.cli.main import cli; cli()", "parse"])
    return folder


@pytest.mark.slow
def test_metrics_by_month_are_the_columns_of_kpis_monthly(
    warehouse: Warehouse, metricflow: Path, project: Path
) -> None:
    found = query(warehouse, metricflow, project, METRICS.values(), ["metric_time__month"])

    months = warehouse.records(f"select metric_month, {', '.join(METRICS)} from marts.kpis_monthly")
    assert len(months) == len(found) == 25
    for month in months:
        row = found[(f"{month['metric_month']} 00:00:00",)]
        for column, metric in METRICS.items():
            # No movement of a kind is no row for MetricFlow, and 0 in the mart.
            value = Decimal(row[metric] or 0)
            assert abs(value - (month[column] or 0)) <= TOLERANCE, (month["metric_month"], metric)


@pytest.mark.slow
def test_a_balance_over_a_year_is_that_of_its_last_month_also_by_country(
    warehouse: Warehouse, metricflow: Path, project: Path
) -> None:
    found = query(
        warehouse,
        metricflow,
        project,
        ["mrr", "customers", "net_new_mrr"],
        ["metric_time__year", "customer__country"],
    )

    expected = warehouse.rows(
        """
        with last_months as (
            select date_trunc('year', metric_month)::timestamp as metric_year,
                max(metric_month) as m
            from marts.fct_customer_mrr_monthly group by all
        )
        select metric_year::text, country, sum(mrr), count(*) filter (is_paying)
        from marts.fct_customer_mrr_monthly inner join last_months on metric_month = m
        inner join marts.dim_customers using (customer_id)
        group by all order by all
        """
    )
    assert len(expected) > 10
    for year, country, mrr, customers in expected:
        row = found[(year, country or "")]
        assert abs(Decimal(row["mrr"]) - mrr) <= TOLERANCE, (year, country)
        assert int(row["customers"]) == customers, (year, country)
    movements = warehouse.rows(
        "select sum(mrr_delta) from marts.fct_mrr_movements where movement_type <> 'fx'"
    )
    total = sum(Decimal(row["net_new_mrr"] or 0) for row in found.values())
    assert abs(total - movements[0][0]) <= TOLERANCE


@pytest.mark.slow
def test_what_the_page_on_bi_says_to_run_answers_from_a_copy_of_what_is_published(
    warehouse: Warehouse, metricflow: Path, tmp_path: Path
) -> None:
    page = (PROJECT.parent / "docs" / "bi.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```bash\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shutil.copytree(PROJECT, tmp_path / "dbt_project", ignore=LEFT_BEHIND)
    published = tmp_path / "data" / "demo" / "published" / "perene.duckdb"
    published.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse.path}' as warehouse (read_only)")
        attach_snapshot(connection, published)
        for mart in mart_names(connection):
            copy_mart(connection, mart)
    published.chmod(0o444)
    # The environment that the block makes is there: this one, with MetricFlow beside it.
    commands, removed = re.subn(r"^python3 -m venv .*\n.*pip install .*\n", "", block, flags=re.M)
    assert removed == 1
    for name, module in (("dbt", "dbt.cli.main"), ("mf", "dbt_metricflow.cli.main")):
        commands = (
            f"mkdir -p dbt_project/.venv/bin\n"
            f"printf '#!{sys.executable}\\nfrom {module} import cli; cli()\\n' "
            f"> dbt_project/.venv/bin/{name}\nchmod +x dbt_project/.venv/bin/{name}\n{commands}"
        )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],  # noqa: S607
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(metricflow), "HOME": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    last = warehouse.rows(
        "select metric_month from marts.fct_customer_mrr_monthly group by all having sum(mrr) > 0"
    )
    for (month,) in last:
        assert f"{month:%Y-%m-%d}" in done.stdout


def query(
    warehouse: Warehouse,
    metricflow: Path,
    project: Path,
    metrics: Iterable[str],
    group_by: Sequence[str],
) -> dict[tuple[str, ...], dict[str, str]]:
    """Asks MetricFlow; returns rows by the values they are grouped by."""
    file = project / "result.csv"
    run(
        warehouse,
        metricflow,
        project,
        [
            *("-c", RUNNER, "query", "--quiet", "--decimals", "9", "--csv", str(file)),
            *("--metrics", ",".join(metrics), "--group-by", ",".join(group_by)),
        ],
    )
    with file.open(encoding="utf-8", newline="") as stream:
        return {tuple(row[name] for name in group_by): row for row in csv.DictReader(stream)}


def run(warehouse: Warehouse, metricflow: Path, project: Path, arguments: Sequence[str]) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(metricflow),
            "PERENE_WAREHOUSE": str(warehouse.path),
            "DBT_PROFILES_DIR": str(project),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "HOME": str(project),
        },
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-2000:]
