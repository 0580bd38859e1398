"""Warehouse assets: the seeds and models of the dbt project, with their tests as checks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context

from orchestration.build_state import mark_build_finished, mark_build_started
from orchestration.errors import BuildFailedError
from orchestration.model_building import build_models, explain_failure
from orchestration.models_project import PROJECT_FOLDER, Manifest, parse_project
from orchestration.progress import phase, say
from orchestration.warehouse_session import WarehouseSession


class RoomTranslator(DagsterDbtTranslator):
    """Names an asset by its schema and table, and groups it by its room."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The schema and the name, for sources and models alike, so that lineage joins up."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The schema, which is the room."""
        return str(dbt_resource_props["schema"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The description alone: the SQL is in the project, and would swell every event."""
        return str(dbt_resource_props.get("description") or "")


TRANSLATOR = RoomTranslator(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

# Written when a build ends, read by the next one: known here, and made by no step.
check_results = dg.AssetSpec(
    ["operations", "check_results"],
    group_name="operations",
    kinds={"dbt", "duckdb"},
    description="The last result of every check; the gate of a publication reads it.",
)


def warehouse_assets(
    manifest: Manifest, project_folder: Path = PROJECT_FOLDER
) -> dg.AssetsDefinition:
    """The seeds and models, built by one step.

    Args:
        manifest: The dbt project's manifest.
        project_folder: The dbt project.

    Returns:
        One definition with an asset for each seed and model and a check for each test.
    """

    @dbt_assets(manifest=manifest, dagster_dbt_translator=TRANSLATOR, name="build_warehouse")
    def build(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[WarehouseSession]
    ) -> Iterator[Any]:
        settings, as_of = warehouse.settings, warehouse.as_of
        selection, _ = get_subset_selection_for_context(
            context,
            manifest,
            select=None,
            exclude=None,
            selector=None,
            dagster_dbt_translator=TRANSLATOR,
            current_dbt_indirect_selection_env=None,
        )
        with warehouse.writing(), phase("build") as current:
            parsed = parse_project(settings, project_folder)
            if set(parsed.nodes) != set(manifest["nodes"]):
                raise BuildFailedError(
                    f"The models in {project_folder} have changed since this process read them. "
                    "Run again; in Dagster's interface, reload the definitions first."
                )
            mark_build_started(settings.home.warehouse, settings, as_of, warehouse.run_id)
            outcome = build_models(settings, as_of, parsed, selection, project_folder)
            for event in outcome.events:
                yield from event.to_default_asset_events(manifest, TRANSLATOR, context)
            if not outcome.is_good:
                raise BuildFailedError(explain_failure(settings, outcome))
            if not selection:
                mark_build_finished(settings.home.warehouse, warehouse.run_id)
            current.result = f"{outcome.models:,} models, {outcome.checks:,} checks"
            for name in sorted(outcome.warnings):
                say(f"  check {name} warns; see data_quality")

    return build


def mart_keys(assets: dg.AssetsDefinition) -> list[dg.AssetKey]:
    """The public marts among the warehouse's assets."""
    return sorted(key for key in assets.keys if key.path[0] == "marts")
