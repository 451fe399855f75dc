"""The line at the bottom."""

from collections.abc import Callable

import pytest

from gui.main_window import MainWindow
from gui.model.run_item import RunItem
from gui.model.session import Session

Settle = Callable[[], None]


@pytest.mark.parametrize(
    ("sampled", "words", "told"),
    [
        ([], "every number exact", ""),
        ([1], "estimated by sampling: RvS", "Estimated by sampling:\nRvS"),
        ([0, 1], "estimated by sampling: 2 of 3 runs", "Estimated by sampling:\nREINFORCE\nRvS"),
        ([0, 1, 2], "estimated by sampling: all runs", None),
    ],
)
def test_which_runs_are_estimated_is_told_in_few_words(
    window: MainWindow,
    recorded: Session,
    settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
    sampled: list[int],
    words: str,
    told: str | None,
) -> None:
    settle()
    has = RunItem.has
    chosen = [recorded.items[place] for place in sampled]
    monkeypatch.setattr(
        RunItem, "has", lambda item, name: item in chosen if name == "return.se" else has(item, name)
    )
    window.status._said = 0.0
    window.status.refresh()
    assert window.status.figures.text().endswith(words)
    if told is not None:
        assert window.status.figures.toolTip() == told
