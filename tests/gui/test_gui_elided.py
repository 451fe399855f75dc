"""A label that is too narrow ends in an ellipsis and says the whole in its tool tip."""

import pytest

from gui.widgets.elided import ElidedLabel


@pytest.mark.parametrize("own", ["", "what it means"])
def test_the_whole_is_told_where_it_is_cut_and_no_tool_tip_is_lost(qtbot, own: str) -> None:
    label = ElidedLabel("a sentence of some length")
    qtbot.addWidget(label)
    label.setToolTip(own)
    told = []
    for width in (600, 40, 600):
        label.resize(width, 20)
        label.grab()
        told.append(label.toolTip())
    assert told == ([own] * 3 if own else ["", "a sentence of some length", ""])
