"""Two runs side by side at the cursor: what differs, what came out, and what they do where."""

from collections.abc import Hashable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from engine.compare.metrics import METHOD
from gui.model.pairing import Pairing, pairing
from gui.model.pairing_words import difference_words, label, middle, nats, spread_words, story
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import View
from gui.widgets.distance_picture import DistancePicture
from gui.widgets.elided import ElidedLabel
from gui.widgets.icons import swatch
from gui.widgets.policy_panel import Panel, PolicyPicture
from gui.widgets.policy_picture import Grid
from gui.widgets.seed_button import SeedButton
from gui.widgets.text_table import Line, TextTable

KEY = "B − A [95 % interval] · ▲ B higher, ▼ B lower, ? undecided, ● the same in every seed · ≈ estimated"
MIDDLES = "interquartile means over seeds, where the cards show means"
NUMBERS = ("Interquartile mean", "A", "B", "B − A")
EMPTY = "Choose two runs that have begun: A is the run that is selected."


class CompareView(View):
    """A is the selected run, B another."""

    help = (
        "the selected run A beside another, B, at the cursor. ▲ B is higher, ▼ lower: the whole 95 % "
        "interval of the difference over seeds lies on that side of 0. Total variation is how much of "
        "what they do they do not share: 0 to 1."
    )

    leave_wanted = Signal()

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Compare", session, look)
        self.other: RunItem | None = None
        self.first = ElidedLabel()
        self.first.setObjectName("title")
        self.swatch = QLabel()
        self.seed_button = SeedButton(session)
        self.header.addWidget(self.seed_button)
        self.choice = QComboBox()
        self.choice.setObjectName("small")
        self.choice.setAccessibleName("B, the run that the selected one is compared with")
        self.choice.setAccessibleDescription(self.choice.accessibleName())  # some say only what is chosen
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(10)
        self.choice.activated.connect(lambda place: self.choose(self.choice.itemData(place)))
        self.swap = self._button("Swap", "B becomes the selected run, and A the other")
        self.swap.clicked.connect(self.turn_around)
        self.leave = self._button("Back to the plots", "Show the curves again (B)")
        self.leave.clicked.connect(self.leave_wanted)
        chosen = QHBoxLayout()
        chosen.setSpacing(7)
        for words, part, stretch in (("A", self.swatch, 0), ("", self.first, 2), ("B", self.choice, 3)):
            if words:
                chosen.addWidget(QLabel(words))
            chosen.addWidget(part, stretch)
        chosen.addWidget(self.swap)
        chosen.addStretch(1)
        chosen.addWidget(self.leave)
        self.warning = self._words("alarm")
        self.pictures = PolicyPicture(look), PolicyPicture(look)
        self.distance = DistancePicture(look)
        policies = QHBoxLayout()
        policies.setSpacing(18)
        for picture in (*self.pictures, self.distance):
            policies.addWidget(picture, 1)
        self.spread = self._words("muted")
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(policies, 1)
        column.addWidget(self.spread)
        self.told = TextTable("What differs", ("What differs", "A", "B"), (36, 32, 32))
        self.numbers = TextTable("Numbers of both runs", NUMBERS, (27, 18, 18, 37))
        self.numbers.setToolTip(METHOD)
        self.key = ElidedLabel(KEY)
        self.key.setObjectName("muted")
        tables = QSplitter(Qt.Orientation.Horizontal)
        tables.setChildrenCollapsible(False)
        tables.addWidget(self.told)
        tables.addWidget(self.numbers)
        tables.setSizes([300, 700])
        self.parts = QSplitter(Qt.Orientation.Vertical)
        self.parts.setChildrenCollapsible(False)
        self.parts.addWidget(upper)
        self.parts.addWidget(tables)
        self.parts.setSizes([520, 480])
        self.empty = QLabel(EMPTY)
        self.empty.setObjectName("muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.body.addLayout(chosen)
        self.body.addWidget(self.warning)
        self.body.addWidget(self.empty, 1)
        self.body.addWidget(self.parts, 1)
        self.body.addWidget(self.key)
        self.show_picture(self.distance)
        self._pairing: Pairing | None = None
        self._offered: tuple[Hashable, ...] = ()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _words(self, name: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def choose(self, other: RunItem) -> None:
        """Which run is B."""
        self.other = other
        self._shown = None

    def turn_around(self) -> None:
        """A becomes B, and B the selected run."""
        a, b = self.session.selected, self._second()
        if a is not None and b is not None:
            self.choose(a)
            self.session.select(b)

    def _second(self) -> RunItem | None:
        """B: the chosen run; where that is gone or selected, the next one, if possible of the same task."""
        items, a = self.session.items, self.session.selected
        if self.other in items and self.other is not a:
            return self.other
        if a not in items:
            return None
        place = items.index(a)
        others = [*items[place + 1 :], *items[:place]]
        return min(others, key=lambda item: item.base != a.base, default=None)

    def depends(self) -> tuple[Hashable, ...]:
        """Both runs, every row, the cursor, the seed and the target."""
        session = self.session
        names = tuple((id(item), item.name, item.index) for item in session.items)
        shown = session.selected, self.other, session.seed, session.target
        return session.revision, session.cursor.step, names, tuple(map(id, shown[:2])), *shown[2:]

    def restyle(self) -> None:
        """Room for the letters, and the theme's colours."""
        for table in (self.told, self.numbers):
            table.fit()
        for picture in (*self.pictures, self.distance):
            picture.update()

    def redraw(self) -> None:
        """Hold them against each other."""
        a, b = self.session.selected, self._second()
        self._offer(a, b)
        both = a is not None and b is not None
        found = self._pairing = pairing(self.session, a, b) if both else None
        self.empty.setVisible(found is None)
        self.parts.setVisible(found is not None)
        self.key.setVisible(found is not None)
        self.swap.setEnabled(both)
        self.warning.setText(f"⚠ {found.obstacle}" if found is not None and found.obstacle else "")
        self.warning.setVisible(bool(self.warning.text()))
        self.note.setText(f"{self._at(a, b)} · {MIDDLES}" if found is not None else "")
        if found is None:
            self.seed_button.hide()
        else:
            self.seed_button.show_seed(a)
            self._show_policies(found, a, b)
            self._show_told(found)
            self._show_numbers(found)

    def describe(self) -> str:
        """Both runs, what differs, the distance of their policies, and every difference of numbers."""
        found, words = self._pairing, EMPTY
        if found is not None:
            told = "; ".join(f"{each.what}: A {each.a}, B {each.b}" for each in found.differences)
            metrics = "; ".join(
                f"{label(each)}: A {middle(each.a)}, B {middle(each.b)}, B − A {difference_words(each)}"
                for each in found.metrics
            )
            runs = f"A is {self.first.text()}, B is {self.choice.currentText()}, {self.note.text()}"
            parts = (found.obstacle, runs, f"What differs: {told or 'nothing'}", self.spread.text(), metrics)
            words = " ".join(f"{part.rstrip('.')}." for part in parts if part)
        return f"{self.accessibleName()}: {words}"

    def _offer(self, a: RunItem | None, b: RunItem | None) -> None:
        """Which run is A, and what B may be."""
        theme = self.look.theme
        offered = theme.name, id(a), id(b), *((id(i), i.name, i.index) for i in self.session.items)
        if offered == self._offered:  # a list that is open stays open
            return
        self._offered = offered
        self.first.setText("" if a is None else a.name)
        if a is not None:
            self.swatch.setPixmap(swatch(theme.style(a.index, a.oracle)).pixmap(24, 12))
        self.choice.clear()
        for item in self.session.items:
            if item is not a:
                self.choice.addItem(swatch(theme.style(item.index, item.oracle)), item.name, item)
                if item is b:
                    self.choice.setCurrentIndex(self.choice.count() - 1)
        self.choice.setEnabled(self.choice.count() > 0)
        self.choice.setToolTip("" if b is None else b.name)

    def _at(self, a: RunItem, b: RunItem) -> str:
        steps = [item.recording.step_of(item.row_at(self.session.cursor.step)) for item in (a, b)]
        return f"update {steps[0]}" if steps[0] == steps[1] else f"A at update {steps[0]}, B at {steps[1]}"

    def _show_policies(self, found: Pairing, a: RunItem, b: RunItem) -> None:
        theme, grids = self.look.theme, []
        for letter, item, picture, asked, seed in zip(
            "AB", (a, b), self.pictures, found.asked, found.places, strict=True
        ):
            layout = item.recording.layout
            outcomes = (layout.catalogue.get("task") or {}).get("outcomes", ())
            grids.append(Grid.of(dict(layout.constants), outcomes))
            learned = None if asked.learned is None else asked.learned[seed]
            title = f"{letter}: {asked.words}, seed {layout.seeds[seed]}"
            colour = theme.style(item.index, item.oracle).colour
            panel = Panel(
                title, learned, colour, "not recorded here", grids[-1], layout.actions, layout.probes
            )
            panel.short = f"{letter}, seed {layout.seeds[seed]}"
            picture.show_panel(panel)
        policies = found.policies
        if policies is None:
            self.distance.show_values(None, missing=f"{found.apart[0].upper()}{found.apart[1:]}.")
            self.spread.setText("")
            return
        whole = len(policies.numbers) == len(a.recording.layout.probes)
        self.distance.show_values(policies.tv, policies.probes, grids[0] if whole else None)
        self.distance.tell = self._tell
        self.spread.setText(spread_words(policies))

    def _tell(self, probe: int) -> str:
        """What both do in a place, and how far apart that is."""
        policies = self._pairing.policies
        actions = self.session.selected.recording.layout.actions
        lines = [policies.probes[probe]]
        for letter, policy in (("A", policies.a[probe]), ("B", policies.b[probe])):
            lines.append(
                f"{letter}: " + ", ".join(f"{n} {p:.2f}" for n, p in zip(actions, policy, strict=True))
            )
        forth, back = (nats(value[probe]) for value in (policies.forth, policies.back))
        lines.append(f"total variation {policies.tv[probe]:.3f}, KL(A‖B) {forth}, KL(B‖A) {back}")
        return "\n".join(lines)

    def _show_told(self, found: Pairing) -> None:
        lines = [
            Line((each.what, each.a, each.b), partial("{0.what}\nA: {0.a}\nB: {0.b}".format, each))
            for each in found.differences
        ]
        if not lines:
            lines = [Line(("Nothing: they were told the same", "", ""), "They were told the same.".format)]
        self.told.show_lines(lines, ("What differs", "A", "B"))

    def _show_numbers(self, found: Pairing) -> None:
        lines = [
            Line((label(each), middle(each.a), middle(each.b), difference_words(each)), partial(story, each))
            for each in found.metrics
            if each.a is not None or each.b is not None
        ]
        self.numbers.show_lines(lines, NUMBERS)
