"""Drift where it is infinite, and from more than one base."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import synthetic
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.model.session import Session
from gui.theme import Look
from gui.views.drift import Bar, BarChart, fitting, shortened
from gui.views.view import INFINITE
from gui.widgets.bar_names import written

Settle = Callable[[], None]


def opened(session: Session, path: Path, *, endless: int) -> None:
    """A recording whose last row says that `endless` of its four seeds do what the base never does."""
    made = synthetic.layout(path.stem, conditioned=False, seeds=4)
    rows = synthetic.rows(made, 3)
    for row in rows if endless == 4 else rows[-1:]:
        row.metrics[:endless, 1:3] = np.inf
        row.metrics[:endless, 3] = np.nan
    synthetic.write(path, made, rows)
    session.open(path)


def test_where_every_drift_is_infinite_the_views_say_so(
    window: MainWindow, session: Session, settle: Settle, tmp_path: Path
) -> None:
    opened(session, tmp_path / "RvS.h5", endless=4)
    settle()
    deck = window.deck
    assert [bar.figure for bar in deck.drift.bars.bars] == ["∞"]
    assert deck.frontier.plot.empty == INFINITE
    deck.show_curves(("drift", "return"))
    settle()
    assert deck.returns.plot.empty == INFINITE
    spoken = deck.runs.model.data(deck.runs.model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert "asked ∞" in spoken


def test_a_mean_over_seeds_with_an_infinite_one_is_infinite(
    window: MainWindow, session: Session, settle: Settle, tmp_path: Path
) -> None:
    opened(session, tmp_path / "RvS.h5", endless=1)
    settle()
    assert window.deck.drift.bars.bars[0].figure == "∞ in 1 of 4"
    session.cursor.put(1)
    settle()
    assert np.isfinite(window.deck.drift.bars.bars[0].total)


def test_each_base_has_a_floor_of_its_own(
    window: MainWindow, recorded: Session, settle: Settle, tmp_path: Path
) -> None:
    made = synthetic.layout("Uneven", conditioned=False, seeds=2)
    specification = {**made.provenance["specification"], "task": "crossroads(other base)"}
    constants = {**made.constants, "oracle_drift": np.array([2.5]), "base_returns": np.array([0.9, 0.1])}
    made = replace(made, provenance={"specification": specification}, constants=constants)
    synthetic.write(tmp_path / "uneven.h5", made, synthetic.rows(made, 3))
    recorded.open(tmp_path / "uneven.h5")
    settle()
    floors = {bar.name: bar.floor for bar in window.deck.drift.bars.bars}
    assert floors["REINFORCE"] == floors["RvS"] == pytest.approx(synthetic.ASKED)
    assert floors["Uneven"] == pytest.approx(2.5)
    assert len(window.deck.frontier._frontiers()) == 2
    recorded.steering.look_at_target(0.0)  # what avoiding success costs is known of the one base only
    settle()
    floors = {bar.name: bar.floor for bar in window.deck.drift.bars.bars}
    assert floors["RvS"] == pytest.approx(0.2066)
    assert np.isnan(floors["Uneven"])


def test_names_that_do_not_fit_below_the_bars_stand_in_the_key(window: MainWindow) -> None:
    style = window.look.theme.style(0, oracle=False)
    chart = BarChart(window.look)
    chart.legend = True
    chart.show_bars(
        [Bar(f"A run with a long name, {k}", style, 1.0, 0.5, 0.9, 1.1, "1.00") for k in range(6)], ""
    )
    chart.resize(300, 400)
    named = chart.grab().toImage()
    chart.legend = False
    assert chart.grab().toImage() != named
    chart.deleteLater()


def test_names_that_do_not_fit_across_stand_aslant_and_the_mouse_is_told_them_whole(
    window: MainWindow,
) -> None:
    font = window.font()
    assert written(["RvS", "PPO"], font, 60, 27, 40).angle == 0
    names = ["REINFORCE", "PPO with KL to the base", "KL oracle, beta 0.1", "KL oracle, beta 0.3"]
    aslant = written(names, font, 33, 27, 40)
    assert aslant.angle > 0
    assert aslant.height <= 40
    short = [line for (line,) in aslant.words]
    assert len(set(short)) == 4
    assert [one[0] for one in short] == ["R", "P", "K", "K"]
    assert short[3].endswith("3")  # names that begin alike are told apart by their ends
    leashes = written(["PPO, KL .03 and more", "PPO, KL .1"], font, 33, 27, 40)
    assert "… .03" in leashes.words[0][0]  # what tells it apart, though the other one fits
    counts = written(["REINFORCE, 1 episode", "REINFORCE, 16 episodes"], font, 36, 27, 44)
    assert [line[0] for (line,) in counts.words] == ["R", "R"]
    assert ["… 1 e" in line for (line,) in counts.words] == [True, False]
    assert "… 16" in counts.words[1][0]
    alike = written(["conditional", "conditioned", "x"], font, 20, 27, 40)  # no word is shared
    assert len({line for (line,) in alike.words}) == 3
    assert written(names, font, 8, 27, 40) is None  # narrower than a line is high
    assert written(names, font, 33, 27, 12) is None

    style = window.look.theme.style(0, oracle=False)
    chart = BarChart(window.look)
    chart.show_bars([Bar(name, style, 1.0, 0.75, 0.9, 1.1, "1.00") for name in names], "")
    for width in (400, 200):
        chart.resize(width, 160)
        chart.grab()
        assert chart.told_at(width - 10) == "KL oracle, beta 0.3\n1.00 nats: 0.75 asked, 0.25 collateral"
        assert chart.told_at(2) == ""
    chart.show_bars([Bar("one", style, np.inf, np.nan, 0.9, 1.1, "∞")], "")
    assert chart.told_at(100) == "one\n∞ nats"
    chart.deleteLater()


def test_a_run_without_a_drift_is_named_with_the_reason(
    window: MainWindow, session: Session, settle: Settle, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        made = synthetic.layout(name, conditioned=False, seeds=4)
        rows = synthetic.rows(made, 3)
        if name == "two":
            for row in rows:
                row.metrics[:, 1:4] = np.nan
        synthetic.write(tmp_path / f"{name}.h5", made, rows)
        session.open(tmp_path / f"{name}.h5")
    settle()
    view = window.deck.drift
    assert view.without.text() == "No drift: two cannot be compared with its base here"
    session.items[1].values["head"] = "deterministic"
    session.revision += 1
    settle()
    assert view.without.text().startswith("No drift: two has a deterministic head: one action, and no dist")
    assert view.without.isVisible()
    assert view.without.text() in view.describe()
    session.show(session.items[1], False)
    settle()
    assert not view.without.isVisible()


def test_an_empty_card_says_why(window: MainWindow, session: Session, settle: Settle, tmp_path: Path) -> None:
    made = synthetic.layout("one", conditioned=False, seeds=4)
    columns = tuple(column for column in made.columns if column.name != "effective_modes")
    place = [column.name for column in made.columns].index("effective_modes")
    made = replace(made, columns=columns, catalogue={**made.catalogue, "task": {"name": "Pendulum-v1"}})
    rows = [
        replace(row, metrics=np.delete(row.metrics, place, axis=1))
        for row in synthetic.rows(synthetic.layout("one", conditioned=False, seeds=4), 3)
    ]
    synthetic.write(tmp_path / "one.h5", made, rows)
    session.open(tmp_path / "one.h5")
    settle()
    empty = window.deck.modes.plot.empty
    assert empty.startswith("Pendulum-v1 tells no outcomes apart:\nthere are no ways to count.")
    assert window.deck.returns.plot.empty == ""


def test_a_figure_for_a_narrow_bar_still_says_that_it_is_estimated() -> None:
    assert shortened("≈ 1.02", 1.02) == "≈1.0"
    assert shortened("1.72", 1.72) == "1.7"


@pytest.mark.parametrize(
    ("figure", "total", "short"),
    [("≈ 1.02", 1.02, "≈1.0"), ("1.72", 1.72, "1.7"), ("∞ in 2 of 4", np.inf, "∞")],
)
def test_a_figure_never_covers_its_neighbours(
    qapp: QApplication, figure: str, total: float, short: str
) -> None:
    metrics = QFontMetrics(qapp.font())
    bar = Bar("a", Look("light").theme.style(0, oracle=False), total, np.nan, total, total, figure)
    wide, narrow = (metrics.horizontalAdvance(text) for text in (figure, short))
    assert fitting(bar, metrics, wide + 4) == figure
    assert fitting(bar, metrics, narrow) == short
    assert fitting(bar, metrics, narrow - 1) == ""


@pytest.mark.parametrize("height", [90, 160])
def test_in_a_low_card_the_names_go_before_the_bars(window: MainWindow, height: int) -> None:
    style = window.look.theme.style(0, oracle=False)
    chart = BarChart(window.look)
    # One whose drift cannot be told apart: the key takes two lines.
    asked = {"PPO": np.nan, "RvS": 0.1}
    chart.show_bars([Bar(name, style, 1.0, share, 1.0, 1.0, "1.00") for name, share in asked.items()], "")
    chart.resize(180, height)
    image = chart.grab().toImage()
    painted = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert style.colour.lower() in painted
    chart.deleteLater()
