"""The project's conventions, held over its parsed manifest and its compiled SQL."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from orchestration.reports.naming import CUSTOMER_LISTS, KPI_PACK, WEEKLY_DIGEST
from orchestration.reports.sections import sections_of
from tests.warehouse import PROJECT, run_dbt, target_database

# Each layer may read these. Staging reads one model of its own: which version of a file is current
# is decided once, and every file's staging model takes only that version's rows.
READS = {
    "staging": {"source", "stg_files__current_files"},
    "intermediate": {"seed", "staging", "intermediate"},
    "marts": {"intermediate"},
}

# What consumers rely on; a new name here is a line of the CHANGELOG.
MARTS = {
    "cash_bridge_monthly",
    "customer_360",
    "customers_at_risk",
    "data_quality",
    "dim_customer_accounts",
    "dim_customers",
    "dim_plans",
    "dunning_monthly",
    "fct_customer_mrr_monthly",
    "fct_mrr_movement_items",
    "fct_mrr_movements",
    "fct_payments",
    "fct_ticket_events",
    "fct_tickets",
    "kpi_restatements",
    "kpis_monthly",
    "kpis_monthly_by_segment",
    "model_backtests",
    "mrr_policy_comparison",
    "retention_cohorts",
    "signal_ledger",
    "source_control_totals",
    "source_coverage",
    "support_backlog_daily",
    "support_faults",
    "support_kpis_monthly",
    "support_revenue_impact",
    "support_sla_monthly",
    "support_topics_monthly",
    "trials_monthly",
    "unmatched_requesters",
    "upsell_candidates",
}

# Every other test blocks the publication of what it is about.
TESTS_THAT_ONLY_WARN = {
    "customers_are_described",
    "few_tickets_are_unmatched",
    "overrides_are_followed",
    "support_facts_can_be_right",
}

DIALECTS = re.compile(
    r"""::|//|\b(qualify|ilike|rlike|lateral|pivot|unpivot|asof)\b|\bdistinct\s+on\b
    |\*\s*(exclude|except|replace)\b
    |\b(string_agg|group_concat|listagg|list|array_agg|struct_pack|unnest|generate_series
    |arg_max|arg_min|max_by|min_by|any_value|first|last|median|quantile_cont|try_cast|strftime
    |strptime|to_char|to_date|to_timestamp|datediff|date_diff|dateadd|date_add|date_sub|datesub
    |make_date|epoch|regexp_matches|regexp_replace|split_part|iff|ifnull|nvl|isnull)\s*\(""",
    re.VERBOSE,
)

CLOCKS = re.compile(
    r"""\b(current_date|current_time|current_timestamp|localtime|localtimestamp|run_started_at)\b
    |\b(now|today|getdate|sysdate|clock_timestamp|transaction_timestamp|statement_timestamp
    |get_current_timestamp)\s*\(|modules\.datetime""",
    re.VERBOSE,
)


def models(manifest: Any, layer: str | None = None) -> list[Any]:
    return [
        node
        for node in manifest.nodes.values()
        if node.resource_type == "model" and layer in (None, node.fqn[1])
    ]


def data_tests(manifest: Any) -> list[Any]:
    return [node for node in manifest.nodes.values() if node.resource_type == "test"]


def names(nodes: list[Any]) -> list[str]:
    return sorted(node.name for node in nodes)


def without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", sql, flags=re.DOTALL)


def parents(manifest: Any, node: Any) -> Iterator[tuple[str, str]]:
    """Each parent's layer (a model's folder, else its kind) and name."""
    for parent_id in node.depends_on.nodes:
        kind = parent_id.split(".")[0]
        parent = manifest.sources[parent_id] if kind == "source" else manifest.nodes[parent_id]
        yield (parent.fqn[1] if kind == "model" else kind), parent.name


# Layers


def test_every_model_lies_in_a_layer(manifest: Any) -> None:
    assert {node.fqn[1] for node in models(manifest)} == set(READS)


@pytest.mark.parametrize("layer", READS)
def test_a_layer_reads_only_what_comes_before_it(layer: str, manifest: Any) -> None:
    backward = [
        f"{node.name} reads {name}"
        for node in models(manifest, layer)
        for parent_layer, name in parents(manifest, node)
        if not {parent_layer, name} & READS[layer]
    ]
    assert not backward


# Names


def test_staging_models_are_named_after_their_source(manifest: Any) -> None:
    wrong = [
        node
        for node in models(manifest, "staging")
        if not node.name.startswith(f"stg_{node.fqn[2]}__")
    ]
    assert not names(wrong)


def test_staging_folders_are_named_after_their_source(manifest: Any) -> None:
    read = {
        (node.fqn[2], manifest.sources[parent].source_name)
        for node in models(manifest, "staging")
        for parent in node.depends_on.nodes
        if parent.startswith("source.")
    }
    assert not [pair for pair in read if pair[1] not in (pair[0], f"raw_{pair[0]}")]


def test_intermediate_models_say_so_and_marts_are_the_public_ones(manifest: Any) -> None:
    assert not [name for name in names(models(manifest, "intermediate")) if name[:4] != "int_"]
    assert set(names(models(manifest, "marts"))) <= MARTS


def test_every_folder_describes_its_models_in_one_file(manifest: Any) -> None:
    wrong = []
    for node in models(manifest):
        folder = Path(node.original_file_path).parent
        if node.patch_path != f"perene://{folder}/_{folder.name}__models.yml":
            wrong.append(node)
    assert not names(wrong)


def test_unit_tests_lie_beside_their_model_in_a_second_file(manifest: Any) -> None:
    wrong = []
    for unit_test in manifest.unit_tests.values():
        model = manifest.nodes[f"model.perene.{unit_test.model}"]
        folder = Path(model.original_file_path).parent
        if unit_test.original_file_path != f"{folder}/_{folder.name}__unit_tests.yml":
            wrong.append(unit_test)
    assert not names(wrong)


def test_a_columns_name_says_its_type(manifest: Any) -> None:
    endings = {"date": ("_on", "_month"), "timestamp": ("_at",)}
    wrong = [
        f"{node.name}.{column.name}"
        for node in models(manifest, "marts")
        for column in node.columns.values()
        if (column.data_type == "boolean") != column.name.startswith(("is_", "has_"))
        or not column.name.endswith(endings.get(column.data_type, ("",)))
    ]
    assert not wrong


# Contracts and descriptions


def test_every_mart_has_a_contract_that_is_enforced(manifest: Any) -> None:
    assert not names([node for node in models(manifest, "marts") if not node.contract.enforced])


def test_amounts_and_rates_of_marts_are_decimals_of_six_places(manifest: Any) -> None:
    allowed = {
        "text", "integer", "bigint", "boolean", "date", "timestamp", "decimal(28, 6)"
    }  # fmt: skip
    wrong = [
        f"{node.name}.{column.name} is {column.data_type}"
        for node in models(manifest, "marts")
        for column in node.columns.values()
        if column.data_type not in allowed
    ]
    assert not wrong


def test_every_column_of_a_mart_is_described(manifest: Any) -> None:
    silent = [
        f"{node.name}.{column.name}"
        for node in models(manifest, "marts")
        for column in node.columns.values()
        if not column.description
    ]
    assert not silent


def test_everything_is_described(manifest: Any) -> None:
    described = [
        *models(manifest),
        *data_tests(manifest),
        *manifest.unit_tests.values(),
        *manifest.sources.values(),
        *(node for node in manifest.nodes.values() if node.resource_type == "seed"),
    ]
    assert not names([node for node in described if not node.description])
    assert not [source for source in manifest.sources.values() if not source.source_description]


# Readers


def test_what_each_reader_reads_is_exposed(manifest: Any) -> None:
    marts = set(names(models(manifest, "marts")))
    exposed = {
        exposure.name: {manifest.nodes[parent].name for parent in exposure.depends_on.nodes}
        for exposure in manifest.exposures.values()
    }
    assert exposed.pop("postgresql") == exposed.pop("snapshot") == marts
    page = (PROJECT.parent / "orchestration" / "reports" / "dashboard" / "reading.py").read_text()
    words = set(re.findall(r"\b[a-z_0-9]+\b", page))
    assert exposed.pop("dashboard") == marts & words
    # Headlines, and what a report of one segment is made of.
    all_read = {
        *("kpis_monthly", "kpis_monthly_by_segment", "fct_mrr_movements"),
        *("dim_customers", "dim_plans"),
    }
    assert exposed == {
        report: all_read.union(*(section.marts for section in sections_of(report)))
        for report in (KPI_PACK, WEEKLY_DIGEST, CUSTOMER_LISTS)
    }


# Tests


def test_every_mart_has_a_grain(manifest: Any) -> None:
    with_grain = {
        node.attached_node
        for node in data_tests(manifest)
        if getattr(node, "test_metadata", None) and node.test_metadata.name == "unique_grain"
    }
    missing = [node for node in models(manifest, "marts") if node.unique_id not in with_grain]
    assert not names(missing)


def test_every_test_blocks_but_the_few_that_are_known_to_warn(manifest: Any) -> None:
    mild = [node for node in data_tests(manifest) if node.config.severity.lower() != "error"]
    assert set(names(mild)) == TESTS_THAT_ONLY_WARN


def test_a_test_that_only_warns_says_what_to_do(manifest: Any) -> None:
    mild = [node for node in data_tests(manifest) if node.name in TESTS_THAT_ONLY_WARN]
    assert not names([node for node in mild if not node.config.meta.get("remedy")])


# Portable SQL without a clock


def test_there_are_no_packages(manifest: Any) -> None:
    assert not [name for name in ("packages.yml", "dependencies.yml") if (PROJECT / name).exists()]
    packages = {macro.package_name for macro in manifest.macros.values()}
    assert packages - {"dbt", "dbt_duckdb", "dbt_postgres"} == {"perene"}


def test_no_model_or_test_speaks_one_engines_dialect(manifest: Any) -> None:
    """What engines do differently is said once, in a macro."""
    spoken = {
        node.name: found.group()
        for node in (*models(manifest), *data_tests(manifest))
        if (found := DIALECTS.search(without_comments(node.raw_code)))
    }
    assert not spoken


def test_nothing_reads_the_clock(manifest: Any) -> None:
    """A run has one moment, its variable as_of."""
    texts = {node.name: node.raw_code for node in (*models(manifest), *data_tests(manifest))}
    texts |= {
        macro.name: macro.macro_sql
        for macro in manifest.macros.values()
        if macro.package_name == "perene"
    }
    read = {
        name: found.group()
        for name, text in texts.items()
        if (found := CLOCKS.search(without_comments(text)))
    }
    assert not read


@pytest.fixture(scope="module")
def compiled_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Each model's SQL as an engine gets it."""
    warehouse = tmp_path_factory.mktemp("compiled") / "warehouse.duckdb"
    with target_database(PERENE_WAREHOUSE=str(warehouse)):
        results = run_dbt(["compile", "--exclude", "resource_type:test", "resource_type:unit_test"])
    return {
        result.node.name: result.node.compiled_code
        for result in results
        if result.node.resource_type == "model"
    }


def test_no_join_condition_holds_an_or(manifest: Any, compiled_models: dict[str, str]) -> None:
    """An engine cannot hash it: the join would compare every row with every row."""
    assert set(compiled_models) == set(names(models(manifest)))
    wrong = [
        name
        for name, sql in compiled_models.items()
        for join in sqlglot.parse_one(sql, read="duckdb").find_all(exp.Join)
        if (condition := join.args.get("on")) is not None and condition.find(exp.Or)
    ]
    assert not wrong


def test_every_join_by_rows_has_an_equality(compiled_models: dict[str, str]) -> None:
    wrong = [
        name
        for name, sql in compiled_models.items()
        for join in sqlglot.parse_one(sql, read="duckdb").find_all(exp.Join)
        if join.kind != "CROSS" and not list(join.find_all(exp.EQ))
    ]
    assert not wrong


# Rooms


def test_ingestion_knows_neither_the_orchestrator_nor_the_models() -> None:
    strangers = {"dagster", "dagster_dbt", "dagster_shared", "dbt", "orchestration", "tests"}
    wrong = [
        f"{path.name} imports {module}"
        for path in sorted((PROJECT.parent / "ingestion").rglob("*.py"))
        for module in imported_modules(path)
        if module.split(".")[0] in strangers
    ]
    assert not wrong


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
