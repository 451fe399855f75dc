"""Returns that code two goals, and axes on which some of them would stand on top of each other."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import synthetic
from PySide6.QtCore import QPoint

from gui.main_window import MainWindow
from gui.model.goals import Pair
from gui.model.session import Session
from gui.views import fan
from gui.views.fan import FanView, places
from gui.widgets.plot import padded
from gui.widgets.plot_axis import Axis
from gui.widgets.policy_picture import Grid

CODED = (0.0, 1.0, 1.001, 3.0, 3.003, 4.002)


@pytest.fixture
def fruit(window: MainWindow, session: Session, tmp_path: Path, settle: Callable[[], None]) -> MainWindow:
    """A run that is asked for apples and pears."""
    made = synthetic.layout("RvS", seeds=2)
    constants = {**made.constants, "grid_exit_outcomes": np.arange(4)}
    names = [f"{k} apples, {3 - k} pears (row 1, column {k})" for k in range(4)]
    task = {"name": "crossroads", "outcomes": names, "goals": {"names": ["apples", "pears"], "step": 1e-3}}
    knobs = [replace(synthetic.TARGET, high=5.0).as_data()]
    catalogue = {**made.catalogue, "task": task, "knobs": knobs}
    made = replace(made, constants=constants, catalogue=catalogue, targets=(0.0, 3.0, 3.003))
    rows = synthetic.rows(made, 2)
    synthetic.write(tmp_path / "fruit.h5", made, rows)
    session.open(tmp_path / "fruit.h5")
    session.steering.look_at_target(3.003)
    window.deck.details.setCurrentWidget(window.deck.fan)
    settle()
    return window


def test_a_return_is_told_as_the_pair_that_it_codes() -> None:
    pair = Pair(("apples", "pears"), 1e-3)
    assert [pair.figures(value) for value in CODED] == ["0, 0", "1, 0", "0, 1", "3, 0", "0, 3", "2, 2"]
    assert pair.words(4.002) == "2 apples, 2 pears"


def test_views_and_slider_name_both_goals(fruit: MainWindow) -> None:
    assert "0 apples, 3 pears" in fruit.deck.policy.note.text()
    assert "0 apples, 3 pears" in fruit.deck.objective.sliders["target"].hint.text()
    axis = fruit.deck.fan.plot.getPlotItem().getAxis("bottom")
    assert list(axis.names.values()) == ["0, 0", "3, 0", "0, 3"]
    assert axis.labelText == "asked apples, pears"


def test_what_a_pair_costs_is_told_of_the_pair(fruit: MainWindow) -> None:
    assert fruit.deck.drift.bars.floor_words == "least a return of 0 apples, 3 pears can cost"
    assert "0 apples, 3 pears" in fruit.deck.drift.describe()


def test_the_exits_of_a_grid_have_names(fruit: MainWindow) -> None:
    picture = fruit.deck.policy.pictures[0]
    area = picture._area()
    assert picture.exit_at(QPoint(int(area.center().x()), 3)) == ""
    grid = picture.panel.grid
    left = area.center().x() - area.height() / grid.height * grid.width / 2
    assert picture.exit_at(QPoint(int(left) + 4, 4)) == "0 apples, 3 pears (row 1, column 0)"
    old = dict(fruit.session.items[0].recording.layout.constants)
    del old["grid_exit_outcomes"]  # recordings made before exits were named
    assert set(Grid.of(old).exits.values()) == {""}


def test_values_too_close_to_be_told_apart_stand_evenly() -> None:
    assert np.array_equal(places(np.array(CODED)), np.arange(6))
    even = np.array([0.0, 0.5, 1.0])
    assert places(even) is even


def test_a_click_on_the_fan_asks_for_the_target_of_that_column(fruit: MainWindow) -> None:
    fruit.deck.fan.plot.clicked.emit(1.2, 0.5)
    assert fruit.session.target == 3.0


def test_no_dash_stands_beside_a_figure_of_the_fan(
    fruit: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    for name in ("_figures", "_diagonal"):
        monkeypatch.setattr(FanView, name, lambda *_, name=name: drawn.append(name))
    fruit.deck.fan.plot.grab()
    assert set(drawn) == {"_figures"}
    monkeypatch.setattr(fan, "FIGURES", 0)
    fruit.deck.fan.plot.redraw()
    fruit.deck.fan.plot.grab()
    assert drawn[-1] == "_diagonal"


def test_names_on_an_axis_do_not_run_into_each_other(qapp: object) -> None:
    axis = Axis("bottom")
    axis.setRange(0.0, 5.0)
    axis.name({float(k): "a long name" for k in range(6)})
    assert axis.tickValues(0.0, 5.0, 1000.0)[0][1] == [0, 1, 2, 3, 4, 5]
    few = axis.tickValues(0.0, 5.0, 200.0)[0][1]
    assert 1 <= len(few) < 6
    assert all(b - a >= 2 for a, b in pairwise(few))


def test_what_hardly_varies_is_not_magnified() -> None:
    low, high = padded(1.0, 1.0002, least=0.5)
    assert high - low == pytest.approx(0.5 * 1.12)
    assert low < 1.0 < 1.0002 < high
