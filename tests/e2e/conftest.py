"""Apps that are closed when a test is over."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from app import App
from pytestqt.qtbot import QtBot


@pytest.fixture
def opened(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], App]]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    apps: list[App] = []

    def open_() -> App:
        apps.append(App(tmp_path, qtbot))
        return apps[-1]

    yield open_
    for app in apps:
        app.close()
