"""What was turned, told as a person would: a drag is one mark, and so is one act on several runs."""

import pytest
import synthetic

from engine.recording.schema import Event
from gui.model.marks import marks, settled
from gui.model.session import Session


def test_marks_join_a_drag_and_runs_that_changed_together(recorded: Session) -> None:
    recorded.items[0].recording.events = list(synthetic.EVENTS)
    recorded.items[1].recording.events = list(synthetic.EVENTS)
    found = marks(recorded.items)
    assert [mark.words for mark in found] == ["Learning rate 0.1 → 0.05", "Target return 1 → 0"]
    assert found[1].runs == ["REINFORCE", "RvS"]


def turn(step: int, seconds: float, before: float, after: float, act: str = "") -> Event:
    data = {"name": "learning_rate", "label": "Learning rate", "before": before, "after": after}
    return Event(step, seconds, "knob", data | ({"act": act} if act else {}))


def test_one_act_on_several_runs_is_one_mark_whenever_they_began(recorded: Session) -> None:
    one, two, _ = recorded.items
    one.recording.events = [  # the slow one, between whose updates more time passes than within a drag
        turn(5, 1.0, 0.1, 0.2, "a"),
        turn(6, 3.0, 0.2, 0.4, "a"),
        turn(7, 3.1, 0.4, 0.1, "c"),
    ]
    two.recording.events = [turn(50, 100.0, 0.1, 0.4, "a"), turn(53, 100.7, 0.4, 0.1, "d")]
    told = [(mark.words, mark.runs) for mark in marks(recorded.items)]
    assert told == [
        ("Learning rate 0.1 → 0.4", ["REINFORCE", "RvS"]),
        ("Learning rate 0.4 → 0.1", ["REINFORCE"]), ("Learning rate 0.4 → 0.1", ["RvS"]),
    ]  # fmt: skip
    assert marks(recorded.items)[0].steps == [5, 50]
    two.recording.events = [turn(5, 1.0, 0.1, 0.4)]  # of an older recording: nobody knows
    assert all(len(mark.runs) == 1 for mark in marks(recorded.items))


def test_a_hand_that_rests_may_go_on(recorded: Session) -> None:
    looked = Event(5, 1.5, "control", {"action": "look closer", "measured": True})
    recorded.items[0].recording.events = [
        turn(5, 1.0, 0.1, 0.2, "a"),
        looked,
        turn(5, 2.0, 0.2, 0.4, "a"),
        looked,
    ]
    recorded.items[1].recording.events = []
    assert [mark.words for mark in marks(recorded.items)] == ["Learning rate 0.1 → 0.4"]


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([turn(5, 1.0, 0.1, 0.4), turn(5, 1.2, 0.4, 0.1)], []),
        (
            [turn(5, 1.0, 0.1, 0.4), turn(6, 1.2, 0.4, 0.2), turn(7, 1.4, 0.2, 0.1)],
            ["Learning rate 0.1 → 0.4 → 0.1"],
        ),
        ([turn(5, 1.0, 0.1, 0.4), turn(9, 8.0, 0.4, 0.1)], ["Learning rate 0.1 → 0.4, set back at 9"]),
        (
            [turn(5, 1.0, 0.1, 0.4), turn(9, 8.0, 0.4, 0.1), turn(12, 16.0, 0.1, 0.4)],
            ["Learning rate 0.1 → 0.4, set back at 9", "Learning rate 0.1 → 0.4"],
        ),
        (
            [turn(5, 1.0, 0.1, 0.4), turn(9, 8.0, 0.4, 0.2)],
            ["Learning rate 0.1 → 0.4", "Learning rate 0.4 → 0.2"],
        ),
    ],
)
def test_what_came_back_is_told_as_such(recorded: Session, events: list[Event], words: list[str]) -> None:
    recorded.items[0].recording.events = events
    assert [mark.words for mark in settled(marks(recorded.items))] == words


def test_what_one_run_set_back_stands_in_the_others(recorded: Session) -> None:
    recorded.items[0].recording.events = [turn(5, 1.0, 0.1, 0.4), turn(9, 8.0, 0.4, 0.1)]
    recorded.items[1].recording.events = [turn(5, 1.0, 0.1, 0.4)]
    told = [(mark.words, mark.runs) for mark in settled(marks(recorded.items))]
    assert told == [
        ("Learning rate 0.1 → 0.4", ["REINFORCE", "RvS"]), ("Learning rate 0.4 → 0.1", ["REINFORCE"]),
    ]  # fmt: skip
