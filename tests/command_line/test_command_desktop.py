"""The menu entry starts this program with the files that it is given, and goes away without a trace."""

import configparser
import shlex
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import main
from commands import desktop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="menus of Linux desktops")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def test_entry_icon_and_file_type(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["desktop"]) == 0
    said = Path(capsys.readouterr().out.removeprefix("written: ").strip())
    parser = configparser.RawConfigParser()
    parser.optionxform = str
    parser.read(said)
    entry = parser["Desktop Entry"]
    program, script, files = shlex.split(entry["Exec"])
    assert (program, Path(script).samefile("main.py"), files) == (sys.executable, True, "%F")
    assert list(data.glob(f"icons/hicolor/scalable/apps/{entry['Icon']}.svg"))
    declared = ElementTree.parse(data / "mime" / "packages" / "supertask.xml").getroot()
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    (kind,) = declared.findall(f"{space}mime-type")
    assert kind.get("type") in entry["MimeType"].split(";")
    assert [glob.get("pattern") for glob in kind.findall(f"{space}glob")] == ["*.supertask"]


def test_it_goes_again(data: Path) -> None:
    assert main.main(["desktop"]) == 0
    assert main.main(["desktop", "--remove"]) == 0
    assert not [path for path in data.rglob("supertask.*") if path.is_file()]
    assert main.main(["desktop", "--remove"]) == 0


def test_strange_paths_are_quoted() -> None:
    assert desktop.quoted('/a b/100% "x"$`\\') == '"/a b/100%% \\\\"x\\\\"\\\\$\\\\`\\\\\\\\"'


def test_elsewhere_it_is_refused(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert main.main(["desktop"]) == 2
    assert "allowed: Linux" in capsys.readouterr().err
    assert not list(data.iterdir())
