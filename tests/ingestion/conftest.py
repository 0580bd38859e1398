from pathlib import Path

import pytest

from ingestion import settings
from tests.ingestion.company import Company, own_settings


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    for name in own_settings():
        monkeypatch.delenv(name)
    monkeypatch.setattr(settings, "ENV_FILE", tmp_path / ".env")
    home, folder = tmp_path / "home", tmp_path / "given"
    folder.mkdir()
    monkeypatch.setenv("PERENE_HOME", str(home))
    monkeypatch.setenv("PERENE_FILES_PATH", str(folder))
    return Company(home, folder)
