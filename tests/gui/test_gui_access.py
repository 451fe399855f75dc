"""Everything by keyboard: every control of every page and dialog has a name and a role, is reached by Tab,
and shows that it has the focus."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from declared import CATALOGUE
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QScrollArea, QTabBar, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from gui.main_window import MainWindow
from gui.model.session import Session
from gui.widgets.card import Card

Settle = Callable[[], None]
VAGUE = (QAccessible.Role.NoRole, QAccessible.Role.Client, QAccessible.Role.Window)


@pytest.fixture
def places(
    qtbot: QtBot,
    window: MainWindow,
    recorded: Session,
    settle: Settle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[str], QWidget]]:
    """Goes to a page or opens a dialog, by name; returns what it is made of."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(recorded, "catalogue", lambda: CATALOGUE)
    settle()
    dialogs: list[QWidget] = []

    def go(name: str) -> QWidget:
        actions = {
            "audit": "show_audit", "compare": "compare", "gallery": "gallery", "form": "new_experiment",
            "settings": "settings",
            "export": "export_gif", "help": "help", "description": "describe_all", "palette": "palette",
        }  # fmt: skip
        if name == "numbers":
            window.deck.details.setCurrentWidget(window.deck.numbers)
        if name in actions:
            window.actions_by_name[actions[name]].trigger()
        if name == "form":
            qtbot.waitUntil(lambda: window.pages.currentWidget() is window.pages.form is not None)
        settle()
        if name in PAGES:
            return window
        dialog = QApplication.activePopupWidget() or QApplication.activeWindow()
        assert dialog is not window
        dialogs.append(dialog)
        return dialog

    yield go
    for dialog in filter(Shiboken.isValid, dialogs):
        dialog.close()


PAGES = ("workbench", "numbers", "audit", "compare", "gallery", "form")
EVERYWHERE = pytest.mark.parametrize("name", [*PAGES, "settings", "export", "help", "description"])


def controls(root: QWidget) -> list[QWidget]:
    """What Tab should reach."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.window() is root
        and widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
        and widget.focusProxy() is None
        and not (isinstance(widget, QTabBar) and widget.count() == 0)
    ]


def named(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName()} {widget.accessibleName()}".strip()


def spoken(widget: QWidget) -> str:
    """What a screen reader calls it. Of a list to choose from some say what is chosen: then its label counts,
    or its description."""
    interface = QAccessible.queryAccessibleInterface(widget)
    if not isinstance(widget, QComboBox):
        return interface.text(QAccessible.Text.Name)
    labels = [label for label in widget.window().findChildren(QLabel) if label.buddy() is widget]
    return labels[0].text() if labels else interface.text(QAccessible.Text.Description)


@EVERYWHERE
def test_every_control_has_a_name_and_a_role(places: Callable[[str], QWidget], name: str) -> None:
    found = controls(places(name))
    assert found
    assert not [named(widget) for widget in found if not spoken(widget)]
    roles = {named(widget): QAccessible.queryAccessibleInterface(widget).role() for widget in found}
    assert not {widget: role.name for widget, role in roles.items() if role in VAGUE}


@EVERYWHERE
def test_tab_reaches_every_control(places: Callable[[str], QWidget], name: str) -> None:
    root = places(name)
    found = controls(root)
    if root.focusWidget() is None:
        root.focusNextChild()
    reached: list[QWidget] = []
    while root.focusWidget() not in reached:
        reached.append(root.focusWidget())
        root.focusNextChild()
    assert not [named(widget) for widget in found if widget not in reached]


def test_tab_goes_from_card_to_card_and_never_back_into_one(
    places: Callable[[str], QWidget], window: MainWindow
) -> None:
    """Left column, plots, right column, time line; what is made later stands where it is seen."""
    places("workbench")
    window.pages.workbench.setFocus()
    cards: list[str] = []
    for _ in controls(window):
        window.focusNextChild()
        parent: QWidget | None = QApplication.focusWidget()
        while parent is not None and not isinstance(parent, Card):
            parent = parent.parentWidget()
        if parent is not None and (not cards or cards[-1] != parent.accessibleName()):
            cards.append(parent.accessibleName())
    assert len(cards) == len(set(cards))
    assert cards[0] == "Runs"
    assert cards[-1] == "Timeline"
    assert cards.index("Return") < cards.index("Policy, here and now") < cards.index("Objective")


def seen(widget: QWidget) -> bytes:
    """The pixels of a control and of the card around it."""
    parent: QWidget = widget
    while not isinstance(parent, Card) and parent.parentWidget() is not None and not parent.isWindow():
        parent = parent.parentWidget()
    around = parent if isinstance(parent, Card) else widget
    where = QRect(around.mapTo(widget.window(), QPoint(0, 0)), around.size())
    image = widget.window().grab(where).toImage()
    return bytes(image.constBits())


@EVERYWHERE
def test_what_has_the_focus_is_seen(places: Callable[[str], QWidget], qapp: QApplication, name: str) -> None:
    root = places(name)
    for area in root.findChildren(QScrollArea):
        area.ensureVisible(0, 0)
    kinds: dict[tuple[type, str], QWidget] = {}
    for widget in controls(root):
        if not widget.visibleRegion().isEmpty():
            kinds.setdefault((type(widget), widget.objectName()), widget)
    QApplication.setCursorFlashTime(0)  # no caret comes and goes meanwhile
    hidden = []
    for widget in kinds.values():
        if (focused := root.focusWidget()) is not None:
            focused.clearFocus()
        qapp.processEvents()
        before = seen(widget)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        qapp.processEvents()
        if seen(widget) == before:
            hidden.append(named(widget))
    assert not hidden


def test_the_palette_is_all_keyboard(places: Callable[[str], QWidget], recorded: Session) -> None:
    palette = places("palette")
    assert palette.field.hasFocus()
    assert QAccessible.queryAccessibleInterface(palette.field).text(QAccessible.Text.Name) == "Command"
    QTest.keyClicks(palette.field, "first update")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert recorded.cursor.step == 0


def test_a_plot_is_zoomed_and_moved_by_keys(
    places: Callable[[str], QWidget], window: MainWindow, recorded: Session
) -> None:
    places("workbench")
    plot = window.deck.returns.plot
    left, right, bottom, top = plot.visible
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.visible[1] - plot.visible[0] == pytest.approx(0.8 * (right - left))
    assert plot.visible[3] - plot.visible[2] == pytest.approx(0.8 * (top - bottom))
    before = plot.visible
    QTest.keyClick(plot, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert plot.visible[0] == pytest.approx(before[0] + 0.1 * (before[1] - before[0]))
    assert plot.visible[2:] == pytest.approx(before[2:])
    QTest.keyClick(plot, Qt.Key.Key_Left)  # without Alt it is the cursor's
    assert recorded.cursor.step == 59
    QTest.keyClick(plot, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert plot.visible == pytest.approx((left, right, bottom, top))
