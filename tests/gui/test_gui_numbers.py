"""The table of every metric, and the curves' choice of one."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.metrics.definitions import COLUMNS, HISTORY
from engine.metrics.interval import interquartile_mean
from gui.theme import Look
from gui.views.curves import CurvesView
from gui.views.numbers import ABSENT, NOT_ESTIMABLE, NumbersView


@pytest.fixture
def numbers(qtbot, recorded) -> NumbersView:
    view = NumbersView(recorded, Look("light"))
    qtbot.addWidget(view)
    view.resize(500, 400)
    view.show()
    view.refresh()
    return view


def cell(view: NumbersView, words: str, column: int = 0) -> str:
    row = next(i for i, row in enumerate(view.model.rows) if row.words == words)
    return view.model.data(view.model.index(row, column))


def test_every_metric_of_every_run_stands_there(numbers: NumbersView) -> None:
    items = numbers.model.items
    assert [item.name for item in items] == [item.name for item in numbers.session.shown]
    shown = {row.column.name for row in numbers.model.rows if row.column is not None}
    recorded = {c.name for item in items for c in item.recording.layout.columns if c.kind != "error"}
    assert shown == recorded | {c.name for c in (*COLUMNS, *HISTORY)}
    assert cell(numbers, "Vendi score") == f"{ABSENT} {NOT_ESTIMABLE}"


def test_a_cell_is_the_interquartile_mean_at_the_cursor(numbers: NumbersView) -> None:
    item = numbers.model.items[0]
    for step in (0, numbers.session.cursor.end):
        numbers.session.cursor.put(step)
        numbers.refresh()
        values = item.recording.metric("return")[item.row_at(step)]
        shown = cell(numbers, "Return, reward")
        assert shown.split(" [")[0] == f"= {float(interquartile_mean(values)):.4g}"
        assert ("[" in shown) == (values.min() < values.max())
        where = numbers.model.index(next(i for i, r in enumerate(numbers.model.rows) if r.column), 0)
        story = numbers.model.data(where, Qt.ItemDataRole.ToolTipRole)
        assert "exact" in story
        assert f"seed 2 {values[2]:.4g}" in story


def test_the_selected_runs_column_is_brought_into_sight(numbers: NumbersView) -> None:
    numbers.resize(320, 400)
    last = numbers.model.items[-1]
    there = numbers.table.columnViewportPosition(len(numbers.model.items) - 1)
    assert there >= numbers.table.viewport().width()
    numbers.session.select(last)
    numbers.refresh()
    assert 0 <= numbers.table.columnViewportPosition(len(numbers.model.items) - 1) < there
    numbers.table.horizontalScrollBar().setValue(0)
    numbers.session.cursor.put(0)
    numbers.refresh()
    assert numbers.table.horizontalScrollBar().value() == 0  # it is brought there once


@pytest.mark.parametrize("width", [190, 320, 700])
def test_a_whole_column_is_seen_however_narrow_the_view(numbers: NumbersView, qtbot, width: int) -> None:
    numbers.resize(width, 400)
    qtbot.wait(20)
    assert 0 < numbers.table.columnWidth(0) <= numbers.table.viewport().width()
    assert numbers.table.verticalHeader().width() > 0.3 * min(width, 400)


def test_a_run_as_a_whole_says_when_it_collapsed(numbers: NumbersView) -> None:
    found = [cell(numbers, "Collapse onset, updates", k) for k in range(3)]
    alarm = numbers.session.alarms.of(numbers.model.items[0])
    assert str(alarm.step) in found[0]
    assert found[1:] == ["= none so far"] * 2


def test_what_has_no_number_is_said_in_words(numbers: NumbersView) -> None:
    item = numbers.model.items[0]
    numbers.model.show([item], -1)  # before the first row
    assert cell(numbers, "Return, reward") == NOT_ESTIMABLE


def test_copied_it_is_a_table(numbers: NumbersView, qtbot) -> None:
    numbers.table.setFocus()
    qtbot.keyClick(numbers.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QApplication.clipboard().text()
    assert text == numbers.model.as_text()
    lines = [line.split("\t") for line in text.splitlines()]
    assert lines[0][1::2] == [item.name for item in numbers.model.items]
    kinds = {line[0]: line[2] for line in lines if len(line) > 2}
    assert (kinds["Return, reward"], kinds["Vendi score"]) == ("exact", NOT_ESTIMABLE)


def test_curves_offer_every_metric_and_show_the_one_chosen(qtbot, recorded) -> None:
    view = CurvesView("Return", "return", recorded, Look("light"))
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    view.refresh()
    view.choice.list_of.aboutToShow.emit()
    offered = [action for menu in view.choice.list_of.actions() for action in menu.menu().actions()]
    assert len(offered) == len({c.name for item in recorded.items for c in item.recording.layout.columns})
    drift = next(action for action in offered if action.text().startswith("Drift"))
    drift.trigger()
    view.refresh()
    assert view.metric_name == "drift"
    assert view.choice.text().startswith("Drift")


def test_curves_against_another_metric(qtbot, recorded) -> None:
    view = CurvesView("Return", "return", recorded, Look("light"))
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show_metric("return", "drift")
    view.show()
    view.refresh()
    item = recorded.shown[0]
    drift = item.series("drift").points(-np.inf, np.inf, 500)
    assert len(drift.x) == 61
    assert view._place(item, drift.x) == pytest.approx(drift.line)
    where = recorded.cursor.step
    view._clicked(1.0)  # an axis of nats has no update to go to
    assert recorded.cursor.step == where
