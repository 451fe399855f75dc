"""`desktop`: Supertask in the menu of a Linux desktop, and its files opened by a double click."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
RESOURCES = ROOT / "resources"


@dataclass(frozen=True)
class Desktop:
    """Put Supertask into the menu of this Linux desktop. Sessions (.supertask) then open by a double click,
    recordings (.h5) from "Open with"."""

    remove: bool = False
    """Take it out again."""

    def __call__(self) -> int:
        import platformdirs

        if sys.platform != "linux":
            raise UserError(f"desktop: {sys.platform} has no such menu entries; allowed: Linux")
        data = Path(platformdirs.user_data_dir())
        entry, icon, types = (
            data / "applications" / "supertask.desktop",
            data / "icons" / "hicolor" / "scalable" / "apps" / "supertask.svg",
            data / "mime" / "packages" / "supertask.xml",
        )
        for place in (entry, icon, types):
            if self.remove:
                place.unlink(missing_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
        if not self.remove:
            template = (RESOURCES / "desktop" / entry.name).read_text(encoding="utf-8")
            entry.write_text(template.replace("@EXEC@", command()), encoding="utf-8")
            shutil.copyfile(RESOURCES / "icons" / icon.name, icon)
            shutil.copyfile(RESOURCES / "desktop" / types.name, types)
        _tell_the_desktop(data)
        print(f"{'removed' if self.remove else 'written'}: {entry}")
        return 0


def command() -> str:
    """What starts the app, quoted as a desktop entry wants it."""
    return " ".join(map(quoted, (sys.executable, str(ROOT / "main.py"))))


def quoted(argument: str) -> str:
    """An argument of an Exec line: reserved characters escaped within quotes, backslashes once more for the
    file, and a percent sign doubled (Desktop Entry Specification 1.5, "The Exec key")."""
    escaped = "".join(f"\\{c}" if c in '"`$\\' else c for c in argument)
    return '"' + escaped.replace("\\", "\\\\").replace("%", "%%") + '"'


def _tell_the_desktop(data: Path) -> None:
    """Have its caches renewed, where it has such programs; without them it looks by itself, in the end."""
    for program, folder in (("update-mime-database", "mime"), ("update-desktop-database", "applications")):
        found = shutil.which(program)
        if found and (data / folder).is_dir():
            subprocess.run([found, str(data / folder)], check=False, stderr=subprocess.DEVNULL)
