import pytest

from gui.model.cursor import Cursor


@pytest.fixture
def cursor(qapp: object) -> Cursor:
    made = Cursor()
    made.arrived(100)
    return made


def test_it_follows_the_newest_step(cursor: Cursor) -> None:
    cursor.arrived(101)
    assert (cursor.step, cursor.following) == (101, True)


def test_moved_back_it_stays_put_whatever_arrives(cursor: Cursor) -> None:
    cursor.put(40)
    for end in range(101, 200):
        cursor.arrived(end)
    assert (cursor.step, cursor.following) == (40, False)


def test_put_at_the_end_it_follows_again(cursor: Cursor) -> None:
    cursor.put(40)
    cursor.put(1e9)
    assert (cursor.step, cursor.following) == (100, True)
    cursor.arrived(150)
    assert cursor.step == 150


def test_it_stays_within_what_there_is(cursor: Cursor) -> None:
    cursor.nudge(-1000)
    assert (cursor.step, cursor.following) == (0, False)
    cursor.follow()
    cursor.nudge(-10)
    assert cursor.step == 90


def test_the_first_step_of_an_empty_recording_is_also_its_end(qapp: object) -> None:
    cursor = Cursor()
    cursor.start()
    assert cursor.following
    cursor.arrived(3)
    assert cursor.step == 3


def test_it_speaks_only_when_something_changed(cursor: Cursor) -> None:
    heard: list[int] = []
    cursor.changed.connect(lambda: heard.append(cursor.step))
    cursor.put(50)
    cursor.put(50.2)
    cursor.arrived(100)
    assert heard == [50]
