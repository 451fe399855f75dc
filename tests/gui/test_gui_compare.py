"""Two runs side by side: chosen from the list or by a key, at the cursor, in words, not by colour alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Shelf
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.compare.metrics import Comparison
from engine.compare.policies import Spread
from engine.recording.schema import MetricColumn
from gui.main_window import MainWindow
from gui.model.pairing import Policies, pairing
from gui.model.pairing_words import difference_words, spread_words
from gui.model.session import Session
from gui.views.compare import CompareView

FIXTURE = Path(__file__).parents[1] / "fixtures" / "version-2.h5"
RETURN = MetricColumn("return", "Return", "reward", "", "exact")
Settle = Callable[[], None]


@pytest.fixture
def view(window: MainWindow, recorded: Session, settle: Settle) -> CompareView:
    """REINFORCE, RvS and the conditional oracle are open; the first two are compared."""
    recorded.select(recorded.items[0])
    settle()
    QTest.keyClick(window, Qt.Key.Key_B)
    settle()
    return window.deck.compare


def cells(view: CompareView, what: str) -> tuple[str, ...]:
    return next(line.cells for line in view.numbers.words.lines if line.cells[0].startswith(what))


def test_a_key_puts_the_comparison_in_place_of_the_plots_and_back(
    window: MainWindow, view: CompareView, settle: Settle
) -> None:
    assert view.isVisible()
    assert not window.deck.returns.isVisible()
    assert (view.first.text(), view.choice.currentText()) == ("REINFORCE", "RvS")
    view.leave.click()
    settle()
    assert window.deck.returns.isVisible()


def test_one_run_alone_cannot_be_compared(
    window: MainWindow, session: Session, shelf: Shelf, settle: Settle, tmp_path: Path
) -> None:
    shelf.put(tmp_path / "alone.h5", "RvS", True, False, 0.0)
    session.open(tmp_path / "alone.h5")
    window.actions_by_name["compare"].trigger()
    settle()
    assert not window.deck.compare.isVisible()
    assert "Two runs are needed" in window.statusBar().currentMessage()


def test_only_what_they_were_told_differently_is_listed(view: CompareView) -> None:
    lines = [line.cells for line in view.told.words.lines]
    assert ("Learner", "REINFORCE", "RvS") in lines
    assert ("Target return, reward", "–", "1") in lines
    assert not any(line[0] in ("Task", "Seeds", "Learning rate") for line in lines)


def test_numbers_and_policies_follow_the_cursor(view: CompareView, recorded: Session, settle: Settle) -> None:
    late = cells(view, "Collateral")
    assert late[3].startswith("▼ -")  # REINFORCE has drifted far, and RvS has not
    recorded.cursor.put(0)
    settle()
    assert cells(view, "Collateral")[3] == "● 0"
    assert view.note.text().startswith("update 0 ·")
    view.choose(recorded.items[2])
    settle()
    early = view.distance.values
    recorded.cursor.put(60)
    settle()
    assert view.note.text().startswith("A at update 60, B at 1 ·")
    assert not np.allclose(view.distance.values, early)


def test_the_difference_is_that_of_the_two_policies_shown(
    view: CompareView, recorded: Session, settle: Settle
) -> None:
    view.choose(recorded.items[2])
    settle()
    assert view.distance.values.max() > 0.1
    first, second = (picture.panel.policy for picture in view.pictures)
    np.testing.assert_allclose(view.distance.values, 0.5 * np.abs(first - second).sum(axis=1), atol=1e-6)
    assert [picture.panel.title for picture in view.pictures] == [
        "A: takes no target, seed 0",
        "B: asked for 1, seed 0",
    ]
    assert "between A and B, seed by seed" in view.spread.text()
    probe = view.distance.probe_at(QPointF(view.distance.width() / 2, view.distance.height() / 2))
    told = view._tell(probe)
    assert told.startswith(view._pairing.policies.probes[probe])
    for words in ("A: up ", "B: up ", "total variation", "KL(A‖B)"):
        assert words in told


def test_another_seed_of_both_is_shown(view: CompareView, settle: Settle) -> None:
    view.seed_button.click()
    settle()
    assert [picture.panel.title[-6:] for picture in view.pictures] == ["seed 1", "seed 1"]
    assert view.seed_button.text().startswith("seed 1")


def test_all_of_it_is_told_in_words(view: CompareView) -> None:
    told = view.describe()
    for words in (
        "A is REINFORCE, B is RvS, update 60",
        "Learner: A REINFORCE, B RvS",
        "Mean over 45 places",
        "▼ -",
        "interquartile means over seeds, where the cards show means",
    ):
        assert words in told


def test_runs_are_chosen_in_the_list_and_swapped(
    window: MainWindow, view: CompareView, recorded: Session, settle: Settle
) -> None:
    _, rvs, oracle = recorded.items
    window.deck.runs.compare_wanted.emit(rvs, oracle)
    settle()
    assert (recorded.selected, view.choice.currentText()) == (rvs, oracle.name)
    view.swap.click()
    settle()
    assert (recorded.selected, view.choice.currentText()) == (oracle, rvs.name)
    recorded.select(rvs)  # B is selected: it cannot stand beside itself
    settle()
    assert view.choice.currentText() != rvs.name


def test_an_open_list_of_runs_stays_as_it_is_while_the_cursor_moves(
    view: CompareView, recorded: Session, settle: Settle
) -> None:
    cleared: list[int] = []
    view.choice.model().rowsRemoved.connect(lambda *_: cleared.append(1))
    recorded.cursor.put(10)
    settle()
    assert cleared == []


def test_runs_of_two_tasks_stand_side_by_side_without_differences(
    view: CompareView, recorded: Session, settle: Settle, tmp_path: Path, window: MainWindow
) -> None:
    path = tmp_path / "other.h5"
    path.write_bytes(FIXTURE.read_bytes())
    other = recorded.open(path)
    window.deck.runs.compare_wanted.emit(recorded.items[0], other)
    settle()
    assert "The tasks differ (crossroads, levels)" in view.warning.text()
    assert view.warning.isVisible()
    assert {line.cells[3] for line in view.numbers.words.lines} == {"–"}
    assert cells(view, "Return")[1] != "–"
    assert view.distance.values is None
    assert "tasks are not the same" in view.distance.missing
    assert view.note.text().startswith(f"A at update 60, B at {other.last_step} ·")


def test_a_run_without_a_row_is_waited_for(recorded: Session) -> None:
    first, second, _ = recorded.items
    second.close()
    assert pairing(recorded, first, second) is None


def test_the_table_is_copied_for_a_spreadsheet(view: CompareView) -> None:
    view.numbers.setFocus()
    QTest.keyClick(view.numbers, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0] == "Interquartile mean\tA\tB\tB − A"
    assert lines[1].startswith("Return, reward\t")


def test_a_cell_in_full_says_how_the_difference_was_formed(view: CompareView) -> None:
    place = [line.cells[0] for line in view.numbers.words.lines].index("Collateral, nats")
    told = view.numbers.words.data(view.numbers.words.index(place, 3), Qt.ItemDataRole.ToolTipRole)
    assert "seed by seed, 3 seeds" in told
    assert told.endswith("B is lower: the whole interval is below 0")


@pytest.mark.parametrize(
    ("difference", "low", "high", "words"),
    [
        (0.5, 0.25, 0.75, "▲ +0.5 [+0.25, +0.75]"),
        (-0.5, -0.75, -0.25, "▼ -0.5 [-0.75, -0.25]"),
        (0.1, -0.1, 0.3, "? +0.1 [-0.1, +0.3]"),
        (0.0, 0.0, 0.0, "● 0"),
        (0.5, np.nan, np.nan, "+0.5"),
        (np.nan, np.nan, np.nan, "–"),
    ],
)
def test_a_difference_in_words(difference: float, low: float, high: float, words: str) -> None:
    assert difference_words(Comparison(RETURN, None, None, difference, low, high, "seed by seed")) == words


def test_how_far_apart_in_words() -> None:
    def words(spread: Spread) -> str:
        nothing = np.zeros((2, 2))
        tv = np.array([0.1, 0.3])
        return spread_words(Policies(("x", "y"), np.arange(2), nothing, nothing, tv, tv, tv, spread))

    assert words(Spread(0.2, 0.1, 0.3, (0.05, float("nan")))) == (
        "Mean over 2 places: 0.200 [0.100, 0.300] between A and B, seed by seed; 0.050 between A's own seeds."
    )
    none = float("nan")
    assert words(Spread(none, none, none, (none, none))) == (
        "Mean over 2 places: 0.200 between the seeds shown; they share no seed."
    )
