"""What Dagster knows of Perene, held against a list that people review."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from ingestion.settings import Settings
from orchestration.errors import BuildFailedError
from orchestration.models_project import load_manifest
from tests.orchestration.samples import ROOT

LIST = Path(__file__).with_name("definitions.txt")

# In the order in which the data flow; a thing may depend on its own room and on earlier ones.
ROOMS = (
    "operations",
    "seeds",
    "raw",
    "staging",
    "intermediate",
    "scores",
    "marts",
    "published",
    "exports",
)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    """The definitions of a home of their own, with no source configured."""
    home = tmp_path_factory.mktemp("definitions")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(
                ("PERENE_", "EXCHANGE_RATES_", "FILES_", "STRIPE_", "ZENDESK_", "DAGSTER_")
            ):
                patch.delenv(name)
        patch.setattr("ingestion.settings.ENV_FILE", home / "no.env")
        patch.setenv("PERENE_HOME", str(home))
        module = importlib.reload(importlib.import_module("orchestration.definitions"))
    defs = module.defs
    assert isinstance(defs, dg.Definitions)
    return defs


def _listed(definitions: dg.Definitions) -> str:
    graph = definitions.resolve_asset_graph()
    lines = ["# Assets: key, group, and what each is made of."]
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        lines.append(f"{key.to_user_string()}  [{node.group_name}]")
        lines.extend(f"    {parent.to_user_string()}" for parent in sorted(node.parent_keys))
    lines.append("# Jobs")
    lines.extend(
        sorted(job.name for job in definitions.resolve_all_job_defs() if "__" not in job.name)
    )
    lines.append("# Schedules: name, job, time, zone.")
    repository = definitions.get_repository_def()
    lines.extend(
        f"{schedule.name}  {schedule.job_name}  {schedule.cron_schedule}"
        f"  {schedule.execution_timezone}"
        for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name)
    )
    lines.append("# Sensors")
    lines.extend(sorted(sensor.name for sensor in repository.sensor_defs))
    return "\n".join(lines) + "\n"


def test_the_definitions_are_those_that_were_reviewed(definitions: dg.Definitions) -> None:
    listed = _listed(definitions)
    if os.environ.get("REWRITE_DEFINITIONS_LIST"):
        LIST.write_text(listed, encoding="utf-8")
    assert listed == LIST.read_text(encoding="utf-8"), (
        "If the change is meant, run this test once with REWRITE_DEFINITIONS_LIST=1 and review "
        f"the difference in {LIST.name}."
    )


def test_data_walk_one_way(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    backward = [
        f"{parent.to_user_string()} -> {key.to_user_string()}"
        for key in graph.get_all_asset_keys()
        for parent in graph.get(key).parent_keys
        if _room(parent) > _room(key)
    ]
    assert not backward


def _room(key: dg.AssetKey) -> int:
    return ROOMS.index("raw" if key.path[0].startswith("raw_") else key.path[0])


def test_every_asset_lies_in_its_room_and_is_described(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name == key.path[0], key
        assert len(key.path) == 2, key
        assert node.kinds, key


def test_schedules_sleep_where_no_source_is_configured(definitions: dg.Definitions) -> None:
    statuses = {
        schedule.default_status for schedule in definitions.get_repository_def().schedule_defs
    }
    assert statuses == {dg.DefaultScheduleStatus.STOPPED}


@pytest.mark.usefixtures("settings")
def test_schedules_run_in_the_reporting_zone_where_a_source_is_configured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PERENE_TIME_ZONE", "America/Sao_Paulo")
    module = importlib.reload(importlib.import_module("orchestration.definitions"))
    schedules = module.defs.get_repository_def().schedule_defs
    assert {schedule.default_status for schedule in schedules} == {dg.DefaultScheduleStatus.RUNNING}
    assert {schedule.execution_timezone for schedule in schedules} == {"America/Sao_Paulo"}


def test_a_wrong_setting_stops_the_definitions_with_its_name(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", "import orchestration.definitions"],
        cwd=ROOT,
        env={**os.environ, "PERENE_HOME": str(tmp_path), "PERENE_TIME_ZONE": "Mars/Olympus"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "PERENE_TIME_ZONE" in result.stderr.splitlines()[-1]


@pytest.mark.slow
def test_a_fresh_checkout_validates_with_the_workspace_file(tmp_path: Path) -> None:
    result = subprocess.run(
        [
            str(Path(sys.executable).with_name("dagster")),
            *("definitions", "validate", "-w", "workspace.yaml"),
        ],
        cwd=ROOT,
        env={**os.environ, "PERENE_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_the_manifest_is_parsed_once_and_again_when_the_project_changes(
    settings: Settings, small_project: Path
) -> None:
    first = load_manifest(settings, small_project)
    stamp = settings.home.path / "dbt" / "parse" / "manifest.json"
    made = stamp.stat().st_mtime_ns
    load_manifest(settings, small_project)
    assert stamp.stat().st_mtime_ns == made

    (small_project / "models" / "marts" / "dim_plans.sql").write_text(
        "select * from {{ ref('plans') }}", encoding="utf-8"
    )
    second = load_manifest(settings, small_project)
    assert set(second["nodes"]) - set(first["nodes"]) == {"model.perene.dim_plans"}
    assert not (small_project / "target").exists(), "the checkout stays clean"
    assert not (small_project / "logs").exists()


def test_a_project_that_cannot_be_parsed_is_told_with_the_file(
    settings: Settings, small_project: Path
) -> None:
    (small_project / "models" / "marts" / "dim_plans.sql").write_text(
        "select * from {{ ref('no_such_model') }}", encoding="utf-8"
    )
    with pytest.raises(BuildFailedError, match="dim_plans"):
        load_manifest(settings, small_project)
