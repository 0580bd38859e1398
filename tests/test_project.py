"""Hygiene of the repository: what is in it, what is not, and what documents and code agree on."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("ingestion", "orchestration", "tests", "benchmarks")

TOP_LEVEL = (
    *("README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "pyproject.toml"),
    *("requirements.lock", "workspace.yaml", ".env.example", ".ci/run", "ingestion"),
    *("dbt_project", "orchestration", "tests", "benchmarks", "docs"),
)

# Who may ask the clock, and why. Nothing that is computed may depend on it.
CLOCK_READERS = {
    "ingestion/__main__.py": "a load by hand has no run; its start is the as_of",
    "ingestion/load.py": "refuses a load whose id, a time, would sort before an earlier one",
    "orchestration/delivery/post_office.py": "mails have a date, and the ledger says when",
    "orchestration/publishing/publish.py": "names the version and says when the copy was made",
    "orchestration/warehouse_lock.py": "says since when the lock is held",
    "orchestration/warehouse_session.py": "a run's start is its as_of where history has none",
}
# Set for dbt's profile by the process that starts dbt; no operator sets them.
NOT_SETTINGS = (
    "PERENE_WAREHOUSE",
    *(f"PERENE_POSTGRES_{name}" for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")),
)


def tracked_files() -> list[Path]:
    """The files that are, or are about to be, part of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def python_files(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    for room in rooms:
        for file in sorted((ROOT / room).rglob("*.py")):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))


def test_the_names_that_everything_relies_on_are_there() -> None:
    for name in TOP_LEVEL:
        assert (ROOT / name).exists(), name
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("requirements.lock", 50),
        ("tests/dbt_project/metricflow.lock", 7),
        ("tests/ingestion/stripe/tap_stripe.lock", 10),
    ],
)
def test_every_pin_has_a_hash_and_the_lock_names_no_index(name: str, least: int) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    pins = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE | re.IGNORECASE)[1:]
    assert len(pins) > least
    for pin in pins:
        assert re.match(r"[\w.\[\],-]+==\S+", pin), pin.splitlines()[0]
        assert "--hash=sha256:" in pin, pin.splitlines()[0]
    assert "://" not in lock
    assert "index-url" not in lock
    assert "--find-links" not in lock


def test_the_lock_pins_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    for requirement in declared:
        exact = re.fullmatch(r"([\w-]+)(?:\[[\w,]+\])?==([\w.]+)", requirement)
        name = re.match(r"[\w-]+", requirement)
        assert name is not None
        expected = f"{exact[1]}=={exact[2]}" if exact else f"{name[0]}=="
        assert re.search(rf"^{re.escape(expected)}", lock, re.MULTILINE), requirement


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    # Put together here, so that this file does not find itself.
    registries = [
        "".join(parts)
        for parts in (
            ("py", "pi.org"),
            ("files.python", "hosted.org"),
            ("registry.", "npm", "js"),
            ("conda", ".anaconda.org"),
            ("arti", "factory"),
            ("hub.get", "dbt.com"),
        )
    ]
    places = ["".join(parts) for parts in (("/ho", "me/"), ("/Us", "ers/"), ("/wo", "rk/"))]
    temporary = "".join(("/t", "mp/"))
    forbidden = re.compile("|".join(map(re.escape, [*registries, *places, temporary])))
    found = []
    for file in tracked_files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{file.relative_to(ROOT)}:{number}: {match[0]}"
            for number, line in enumerate(text.splitlines(), 1)
            for match in forbidden.finditer(line)
        ]
    assert found == []


def test_nothing_of_a_run_and_no_secret_is_committed() -> None:
    for file in tracked_files():
        inside = file.relative_to(ROOT)
        assert inside.parts[0] not in ("data", ".venv", ".env"), inside
        assert file.suffix not in (".duckdb", ".wal", ".parquet", ".xlsx", ".pyc"), inside
        assert file.stat().st_size < 1_000_000, inside


def test_the_example_names_every_setting_that_the_code_reads_and_no_more() -> None:
    named = re.findall(
        r"^([A-Z][A-Z0-9_]+)=$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(named) == len(set(named))
    assert set(named) == settings_read()
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", operations, re.MULTILINE)) == set(named)


def settings_read() -> set[str]:
    """Names that the code asks ``setting`` or the environment for, and the sources' switches."""
    found = set()
    for _, module in python_files("ingestion", "orchestration"):
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and node.args and _asks_for_a_setting(node.func):
                found.update(_texts(node.args[0]))
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                if isinstance(node.ctx, ast.Load):
                    found.update(_texts(node.slice))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SWITCH":
                found.update(_texts(node.value))
    profile = (ROOT / "dbt_project" / "profiles.yml").read_text(encoding="utf-8")
    found.update(re.findall(r"env_var\('(\w+)'", profile))
    return {name for name in found if name.isupper() and not name.startswith(NOT_SETTINGS)}


def _asks_for_a_setting(function: ast.expr) -> bool:
    return ast.unparse(function) in ("setting", "_matching", "os.environ.get", "os.getenv")


def _texts(node: ast.expr) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def test_nothing_asks_the_clock_but_who_has_a_reason() -> None:
    readers = {
        file
        for file, module in python_files("ingestion", "orchestration", "benchmarks")
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and asks_the_clock(node.func)
    }
    assert readers == set(CLOCK_READERS)


def asks_the_clock(function: ast.expr) -> bool:
    return bool(
        re.fullmatch(
            r"(.*\.)?(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime))"
            r"|(.*\.)?Timestamp\.(now|utcnow|today)",
            ast.unparse(function),
        )
    )


def test_no_model_asks_the_clock() -> None:
    clock = re.compile(
        r"\b(now|today|current_date|current_timestamp|current_time|localtimestamp|getdate|"
        r"get_current_timestamp|clock_timestamp|transaction_timestamp)\b *(\(|$|[,;)\s])",
        re.IGNORECASE | re.MULTILINE,
    )
    for folder in ("models", "macros", "tests"):
        for file in sorted((ROOT / "dbt_project" / folder).rglob("*.sql")):
            sql = file.read_text(encoding="utf-8")
            code = re.sub(r"--.*|\{#.*?#\}", "", sql, flags=re.DOTALL if "{#" in sql else 0)
            assert not clock.search(code), f"{file.name}: {clock.search(code)}"


def test_no_module_is_named_as_dbt_names_its_plugins() -> None:
    """dbt imports every module it finds whose name begins so."""
    prefix = "dbt" + "_"
    assert not (ROOT / f"{prefix}project" / "__init__.py").exists()
    for room in ROOMS:
        assert list((ROOT / room).rglob(f"{prefix}*.py")) == []
        assert not room.startswith(prefix)


def test_every_public_mart_is_in_the_changelog_and_the_readme() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    changes = changelog.partition("### Schema and data changes")[2]
    recorded = set(re.findall(r"^\| `(\w+)` \|", changes, re.MULTILINE))
    marts = {file.stem for file in (ROOT / "dbt_project/models/marts").rglob("*.sql")}
    assert recorded - {"_published"} >= marts
    for mart in marts:
        assert f"`{mart}`" in readme, mart


def test_every_kpi_stands_in_the_metrics_page() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    macro = (ROOT / "dbt_project/macros/kpi_columns.sql").read_text(encoding="utf-8")
    columns = re.findall(r'"(\w+)"', macro)
    assert len(columns) > 40
    for column in columns:
        assert column == "currency" or f"`{column}`" in page, column


@pytest.mark.parametrize("target", ["demo", "test", "run", "dev", "check", "docs", "bench", "help"])
def test_make_help_tells_every_command(target: str) -> None:
    shown = subprocess.run(
        ["make", "help"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.search(rf"^  make {target} +\S", shown, re.MULTILINE)
