"""`python -m tests.e2e.pictures`: every view of the real app, light and dark, into docs/gallery; and with
--film the first minute as docs/first-minute.gif. Needs Xvfb and xdotool.

Whoever changes a view makes its pictures anew, and looks at them.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from person import ROOT, Person, display, until
from PIL import Image, ImageDraw

SIZE = "1500x940"
ROWS = "[0 if i.recording is None else i.recording.rows for i in window.session.items]"
WINDOW = "window.grab()"
VIEWS = (
    "runs", "recordings", "returns", "drift", "modes", "frontier", "policy", "objective", "changes",
    "calibration", "timeline",
)  # fmt: skip
DETAILS = ("episode", "fan", "numbers")
DIALOGS = (("export", "ctrl+e"), ("palette", "ctrl+shift+p"), ("help", "F1"), ("settings", "ctrl+comma"))
THEMES = ("light", "dark")
KEPT = 96  # colours of a picture that are kept as they are
ARROW = ((0, 0), (0, 17), (4, 13), (7, 19), (10, 18), (7, 12), (12, 12))  # pixels


def main() -> None:
    """Make what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.pictures", description=__doc__)
    parser.add_argument("--film", action="store_true", help="the first minute, in place of the gallery")
    given = parser.parse_args()
    with display(SIZE) as shown_on, tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"  # what is seen of it in a picture
        home.mkdir()
        person = Person(shown_on, home)
        try:
            film(person) if given.film else gallery(person)
        finally:
            person.goes()


def gallery(person: Person) -> None:
    """Every page, view and dialog, in both themes."""
    out = ROOT / "docs" / "gallery"
    out.mkdir(exist_ok=True)
    person.starts()
    person.sees(f"window.resize({SIZE.replace('x', ', ')})")
    cameras = [Camera(person, out, theme) for theme in THEMES]
    for camera in cameras:
        camera.takes("gallery", WINDOW)
    person.presses("Escape")
    for camera in cameras:
        camera.takes("before-a-run", WINDOW)
    person.presses("space")
    person.waits_for("window.pages.tour.callout is not None")
    person.waits_for(f"min({ROWS}) > 1 and max({ROWS}) > 60")
    for camera in cameras:
        camera.takes("tour", WINDOW)
    person.presses("Escape")
    steer_and_pause(person)
    for camera in cameras:
        camera.takes("workbench", WINDOW)
        for name in VIEWS:
            camera.takes(name, f"window.deck.{name}.grab()")
        for name in DETAILS:
            person.sees(f"window.deck.details.setCurrentWidget(window.deck.{name})")
            camera.takes(name, f"window.deck.{name}.grab()")
        person.sees("window.deck.details.setCurrentIndex(0)")
        person.presses("b")
        person.waits_for("window.deck.compare.isVisible()")
        camera.takes("compare", WINDOW)
        person.presses("b", "ctrl+n")
        person.waits_for("window.pages.form is not None and window.pages.form.isVisible()")
        camera.takes("form", WINDOW)
        person.presses("Escape")
        for name, keys in DIALOGS:
            person.presses(keys)
            person.waits_for("window_to_focus() != int(window.winId())")
            camera.takes(name, "in_front().grab()")
            person.presses("Escape")
            person.waits_for("window_to_focus() == int(window.winId())")
    person.presses("ctrl+period")
    person.waits_for("window.session.running.state == 'recorded'")
    person.sees("window.opening.choose_experiment('two-goals')")
    person.presses("space")
    person.waits_for(f"min({ROWS}) > 1 and max({ROWS}) > 40")
    person.presses("space")
    for camera in cameras:
        camera.takes("two-goals", WINDOW)
    person.leaves()


def steer_and_pause(person: Person) -> None:
    """A few changes made by hand."""
    person.selects("RvS")
    for across in (0.0, 1.0):
        person.clicks("Target return", across=across)
        time.sleep(2)
    person.waits_for(f"max({ROWS}) > 150")
    person.presses("Escape", "space")
    person.waits_for("window.session.running.state in ('paused', 'holding')")


class Camera:
    """Takes pictures in one theme."""

    def __init__(self, person: Person, out: Path, theme: str) -> None:
        self.person, self.out, self.theme = person, out, theme

    def takes(self, name: str, picture: str) -> None:
        """Keep what an expression grabs."""
        self.person.sees(f"window.choose_theme({self.theme!r})")
        self.person.waits_for("not window.dressing.busy")
        time.sleep(0.6)  # a few ticks of the app
        path = self.out / f"{name}-{self.theme}.png"
        assert self.person.sees(f"{picture}.save({str(path)!r})")
        few_colours([Image.open(path)]).save(path, optimize=True)
        print(path.relative_to(ROOT))


def few_colours(pictures: list[Image.Image]) -> Image.Image:
    """The first of them in 256 colours: those that are seen most as they are, the rest spread over all."""
    sheets = [picture.convert("RGB") for picture in pictures]
    sheet = Image.new("RGB", (sheets[0].width, sheets[0].height * len(sheets)))
    for place, picture in enumerate(sheets):
        sheet.paste(picture, (0, place * picture.height))
    counted = sorted(sheet.getcolors(sheet.width * sheet.height), reverse=True)
    most = [channel for _, colour in counted[:KEPT] for channel in colour]
    spread = sheet.quantize(256 - KEPT, method=Image.Quantize.MAXCOVERAGE).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette([*most, *spread])
    return sheets[0].quantize(palette=palette, dither=Image.Dither.NONE)


def film(person: Person) -> None:
    """The first minute: the gallery, Space, the target to nothing and back, another run, the past."""
    reel = Reel(person)
    person.starts()
    person.sees(f"window.resize({SIZE.replace('x', ', ')})")
    person.reads("Experiments")
    reel.rolls(2)
    person.presses("space")
    until(lambda: reel.rolls(0.4) or person.sees(f"min({ROWS}) > 1"), "rows")
    reel.rolls(2)
    person.presses("Escape")
    reel.rolls(6)
    person.selects("RvS")
    reel.rolls(1)
    for across in (0.98, 0.75, 0.5, 0.25, 0.0, 0.0, 0.0, 0.5, 1.0, 1.0):
        reel.pointer = person.points_at("Target return", across)
        person.clicks("Target return", across=across)
        reel.rolls(0.6)
    person.presses("Escape", "Home")
    reel.pointer = None
    reel.rolls(1)
    for _ in range(12):
        person.presses("shift+Right")
        reel.rolls(0.3)
    person.presses("End")
    reel.rolls(2)
    reel.keeps(ROOT / "docs" / "first-minute.gif")
    person.leaves()


class Reel:
    """Pictures of the whole screen, a few a second, with the mouse's arrow where it is known."""

    RATE, WIDTH = 5, 960  # pictures a second, pixels

    def __init__(self, person: Person) -> None:
        self.person = person
        self.pictures: list[Image.Image] = []
        self.pointer: tuple[int, int] | None = None

    def rolls(self, seconds: float) -> None:
        """Take pictures for so long."""
        for _ in range(max(1, round(seconds * self.RATE))):
            began = time.monotonic()
            path = self.person.home / "screen.png"
            self.person.sees(f"app.primaryScreen().grabWindow(0).save({str(path)!r})")
            picture = Image.open(path).convert("RGB")
            if self.pointer is not None:
                x, y = self.pointer
                outline = [(x + a, y + b) for a, b in ARROW]
                ImageDraw.Draw(picture).polygon(outline, fill="black", outline="white")
            height = round(picture.height * self.WIDTH / picture.width)
            self.pictures.append(picture.resize((self.WIDTH, height), Image.Resampling.LANCZOS))
            time.sleep(max(0.0, 1 / self.RATE - (time.monotonic() - began)))

    def keeps(self, path: Path) -> None:
        """All of them in one file, in the colours of a few."""
        palette = few_colours(self.pictures[:: len(self.pictures) // 5])
        few = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in self.pictures]
        few[0].save(
            path, save_all=True, append_images=few[1:], duration=1000 // self.RATE, loop=0, optimize=True
        )
        print(f"{path.relative_to(ROOT)}: {len(few)} pictures, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
