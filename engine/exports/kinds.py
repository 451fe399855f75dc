"""What a recording can be written as, and what may be chosen of it. The command line, the app's dialog and
its palette are made from this table; nothing else lists the kinds."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.errors import UserError, one_of

Choice = Literal["range", "view", "theme", "film", "episodes"]
Progress = Callable[[int, int], None]  # how much is done, of how much

WHOLE_PAGE = "page"
VIEWS = (
    WHOLE_PAGE, "policy", "curves", "curves-below", "drift", "frontier", "fan", "numbers", "calibration",
)  # fmt: skip


def silent(done: int, of: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Kind:
    """One way to write recordings.

    Attributes:
        name: on the command line, and the ending of the file.
        label: for a person.
        help: what the file holds, in a sentence.
        writer: the module whose `write(order, progress)` writes it, by name: films are made of the app's
            views, and the engine knows of none.
        choices: what of an :class:`Order` it takes notice of.
        several: it shows several recordings side by side; else it takes one.
        beside_it: the ending of a second file beside the first.
        picture: the app writes it from what is on the screen, at once.
        package, extra: what it needs beyond the ordinary, and the extra that installs it.
    """

    name: str
    label: str
    help: str
    writer: str
    choices: tuple[Choice, ...]
    several: bool = False
    picture: bool = False
    package: str = ""
    extra: str = ""
    beside_it: str = ""

    def beside(self, path: Path) -> tuple[Path, ...]:
        """The other files that come with `path`."""
        return (path.with_name(path.name + self.beside_it),) if self.beside_it else ()

    def check(self) -> None:
        """Raises UserError where a package is missing."""
        if self.package and importlib.util.find_spec(self.package) is None:
            raise UserError(
                f'export to {self.name} needs {self.package}: pip install "supertask[{self.extra}]"; '
                f"allowed without it: {', '.join(kind.name for kind in KINDS.values() if not kind.package)}"
            )


_FIGURE: tuple[Choice, ...] = ("view", "theme")
KINDS = {
    kind.name: kind
    for kind in (
        Kind("png", "Picture (PNG)", "What is visible, as pixels", "gui.figures", _FIGURE, True, True),
        Kind(
            "svg", "Figure (SVG)", "What is visible, as a drawing to edit", "gui.figures", _FIGURE, True, True
        ),
        Kind(
            "pdf", "Figure (PDF)", "What is visible, as a drawing fit for print", "gui.figures", _FIGURE,
            True, True,
        ),
        Kind(
            "gif", "Film (GIF)", "The course of the runs, as an animation", "gui.film",
            ("range", "view", "theme", "film"), True,
        ),
        Kind(
            "mp4", "Film (MP4)", "The course of the runs, as a video", "gui.film",
            ("range", "view", "theme", "film"), True, package="av", extra="video",
        ),
        Kind(
            "csv", "Numbers (CSV)", "Every metric of one run; units beside it", "engine.exports.table",
            ("range",), beside_it="-metadata.json",
        ),
        Kind(
            "parquet", "Numbers (Parquet)", "Every metric of one run, with its units",
            "engine.exports.parquet", ("range",), package="pyarrow", extra="parquet",
        ),
        Kind(
            "minari", "Episodes (Minari)", "The episodes that one run learned from, made again",
            "engine.exports.minari", ("episodes",),
        ),
        Kind(
            "h5", "Recording (HDF5)", "One run's whole recording, which opens again", "engine.exports.copy",
            (),
        ),
        Kind(
            "supertask", "Session",
            "Everything that is open, with layout, cursor and notes, in one file that opens again. To make "
            "its runs again: python main.py replay FILE",
            "engine.exports.session", (), True,
        ),
        Kind(
            "html", "Report (HTML)", "One page that explains one run and how to make it again",
            "engine.exports.report", ("range",),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Order:
    """What to write, and where. Plain data: another process may carry it out.

    Attributes:
        kind: a name in `KINDS`.
        recordings: one, or several side by side.
        out: the file; for `minari` a folder.
        held: for each recording the update at which a run that goes on is held, see
            `engine.exports.together`; None for one that does not, or where nobody asked.
        first, last: updates, both included; None for the run's own first and last.
        view: one of `VIEWS`.
        width, height: of figures and films, in pixels of 1/96 inch: text keeps its size.
        rate: frames a second. seconds: how long a film plays, at most.
        episodes: at most so many, evenly spaced over the run.
        acted: so many of what the policy does at its newest checkpoint instead.
        shown: what the app showed: of a figure or film a `gui.shown.Shown`, of a session its `SessionFile`.
    """

    kind: str
    recordings: tuple[Path, ...]
    out: Path
    first: int | None = None
    last: int | None = None
    view: str = WHOLE_PAGE
    theme: Literal["light", "dark"] = "light"
    width: int = 1500
    height: int = 940
    rate: int = 10
    seconds: float = 12.0
    episodes: int = 10_000
    acted: bool = False
    shown: Mapping[str, Any] = field(default_factory=dict)
    held: tuple[int | None, ...] = ()

    def checked(self) -> Kind:
        """The kind that is ordered.

        Raises:
            UserError: for an order that cannot be carried out.
        """
        if self.kind not in KINDS:
            raise one_of("export to", self.kind, tuple(KINDS))
        kind = KINDS[self.kind]
        kind.check()
        if not self.recordings or (len(self.recordings) > 1 and not kind.several):
            raise UserError(f"export to {self.kind}: {len(self.recordings)} recordings; allowed: one")
        if self.view not in VIEWS:
            raise one_of("view", self.view, VIEWS)
        if self.first is not None and self.last is not None and self.first > self.last:
            raise UserError(f"updates {self.first} to {self.last}; allowed: the first not after the last")
        ranged = "range" in kind.choices or (self.first is None and self.last is None)
        if not ranged:
            able = ", ".join(name for name, one in KINDS.items() if "range" in one.choices)
            raise UserError(f"export to {self.kind} takes no range of updates; allowed of: {able}")
        if self.acted and "episodes" not in kind.choices:
            able = ", ".join(name for name, one in KINDS.items() if "episodes" in one.choices)
            raise UserError(f"export to {self.kind} acts no episodes; allowed of: {able}")
        for what, value, low, high in (
            ("width", self.width, 200, 8000), ("height", self.height, 100, 8000),
            ("frames a second", self.rate, 1, 60), ("seconds", self.seconds, 0.1, 600),
            ("episodes", self.episodes, 1, 10_000_000),
        ):  # fmt: skip
            if not low <= value <= high:
                raise UserError(f"{what}: {value:g}; allowed: {low:g} to {high:g}")
        return kind
