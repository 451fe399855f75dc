"""Colours, type and the look of a run, in one place: every widget, plot and exported figure reads it."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
Choice = Literal["system", "light", "dark"]
SIZES_IN_STYLE = (11, 13, 14, 15, 16, 24)  # pixels at 100 % that the style sheet names
Marker = Literal["circle", "square", "triangle", "diamond", "cross", "star"]
MARKERS: tuple[Marker, ...] = ("circle", "square", "triangle", "diamond", "cross", "star")


@dataclass(frozen=True, slots=True)
class RunStyle:
    """How one run is drawn everywhere. Told apart by marker and dash as well, never by colour alone."""

    colour: str
    dash: tuple[float, ...]  # in pen widths; empty for a solid line
    marker: Marker


@dataclass(frozen=True, slots=True)
class Theme:
    """Named colours. `runs` are those of Okabe and Ito, moved as little as it takes to be seen on a card and
    to stay apart, oracles included, for readers of any kind of colour vision."""

    name: Literal["light", "dark"]
    background: str
    card: str
    border: str
    text: str
    muted: str
    grid: str
    field: str
    hover: str
    accent: str
    on_accent: str
    alarm: str
    exit: str
    wall: str
    runs: tuple[str, ...]
    oracles: tuple[str, ...]
    image: tuple[str, ...]  # from nothing to certain, for heat maps

    @property
    def likelier(self) -> str:
        """How a heat map shows what is likely, in a word."""
        return "darker" if self.name == "light" else "brighter"

    def style(self, index: int, oracle: bool) -> RunStyle:
        """The look of the `index`-th learner, or of the `index`-th oracle: grey and dashed."""
        if oracle:
            dashes = ((5.0, 3.0), (1.5, 2.5))
            return RunStyle(
                self.oracles[index % len(self.oracles)],
                dashes[index % 2],
                MARKERS[(3 + index) % len(MARKERS)],
            )
        dash = () if index < len(self.runs) else (9.0, 2.0)
        return RunStyle(self.runs[index % len(self.runs)], dash, MARKERS[index % len(MARKERS)])


LIGHT = Theme(
    name="light", background="#f4f4f2", card="#ffffff", border="#e3e3df", text="#1b1d22", muted="#646a75",
    grid="#ecece9", field="#f6f6f4", hover="#eeeeeb", accent="#0067a8", on_accent="#ffffff", alarm="#b3261e",
    exit="#bfe3d4", wall="#3a3e47",
    runs=("#c85304", "#cb8501", "#015aad", "#009166", "#a461a1", "#3b9cd6", "#714f01"),
    oracles=("#4b505a", "#8d939e"),
    image=("#ffffff", "#dbe9f5", "#9cc7e4", "#4a98c9", "#1561a5", "#08306b"),
)  # fmt: skip
DARK = Theme(
    name="dark", background="#15171b", card="#1c1f25", border="#2c3038", text="#e9ebef", muted="#9aa1ad",
    grid="#272b33", field="#23272e", hover="#2a2f38", accent="#3f9bd8", on_accent="#08131c", alarm="#ff8a80",
    exit="#1f5c49", wall="#565c68",
    runs=("#e8722a", "#eba002", "#67bef8", "#07b47c", "#ca93bd", "#f0e441", "#9b8df8"),
    oracles=("#c4cad5", "#808794"),
    image=("#1c1f25", "#173049", "#1d5680", "#2f8cc0", "#8fd0ee", "#fdfbe4"),
)  # fmt: skip


def readable_on(ground: QColor) -> QColor:
    """Black or white, whichever stands out more: by at least 4.5 to 1, on any ground."""
    linear = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in ground.getRgbF()[:3])
    luminance = sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return QColor("#000000" if luminance > 0.179 else "#ffffff")


class Look(QObject):
    """How a person wants things to look; everything that paints listens to `changed`.

    Attributes:
        choice, theme: the wish, and the theme in use.
        text_size: per cent.
        still: nothing moves of its own accord: no blinking, no sliding, no wandering.
    """

    changed = Signal()

    def __init__(self, choice: Choice = "system", text_size: int = 100, *, still: bool = False) -> None:
        super().__init__()
        self.choice: Choice = choice
        self.theme = self._resolved()
        self.text_size, self.still = text_size, still
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)

    @property
    def dress(self) -> tuple[str, int]:
        """What a picture depends on, beside what it shows."""
        return self.theme.name, self.text_size

    def choose(self, choice: Choice) -> None:
        """Take a theme, or follow the system's."""
        self.choice = choice
        self._system_changed()

    def toggle(self) -> None:
        """From light to dark and back."""
        self.choose("light" if self.theme.name == "dark" else "dark")

    def size_text(self, percent: int) -> None:
        """Make all text larger or smaller."""
        if percent != self.text_size:
            self.text_size = percent
            self.changed.emit()

    def hold_still(self, still: bool) -> None:
        """Let nothing move of its own accord, or let it again."""
        if still != self.still:
            self.still = still
            self.changed.emit()

    def _system_changed(self, *_: object) -> None:
        theme = self._resolved()
        if theme is not self.theme:
            self.theme = theme
            self.changed.emit()

    def _resolved(self) -> Theme:
        if self.choice == "system":
            dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
            return DARK if dark else LIGHT
        return DARK if self.choice == "dark" else LIGHT


@lru_cache(maxsize=4)
def stylesheet(theme: Theme, text_size: int = 100) -> str:
    """The style sheet of every widget, from the tokens of the theme; `$text_14` in it stands for 14
    pixels beside text of 100 %."""
    template = Template((RESOURCES / "themes" / "workbench.qss").read_text(encoding="utf-8"))
    icons = (RESOURCES / "icons").as_posix()
    lengths = {f"text_{pixels}": round(pixels * text_size / 100) for pixels in SIZES_IN_STYLE}
    return template.substitute(asdict(theme), icons=icons, **lengths)


def palette(theme: Theme) -> QPalette:
    """For what style sheets do not reach: tool tips, selections, place-holder text."""
    result = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.background, QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.card, QPalette.ColorRole.AlternateBase: theme.field,
        QPalette.ColorRole.Text: theme.text, QPalette.ColorRole.Button: theme.card,
        QPalette.ColorRole.ButtonText: theme.text, QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent, QPalette.ColorRole.ToolTipBase: theme.card,
        QPalette.ColorRole.ToolTipText: theme.text, QPalette.ColorRole.PlaceholderText: theme.muted,
    }  # fmt: skip
    for role, colour in roles.items():
        result.setColor(role, QColor(colour))
    return result
