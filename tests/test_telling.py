"""How far runs are, where there is no terminal: a line at times, at once, and one at a run's end."""

import pytest

from engine import telling
from engine.telling import Lines, teller


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_without_a_terminal_lines_are_said_at_times(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(telling, "time", clock)
    told = teller(quiet=False)
    assert isinstance(told, Lines)
    told.begins("one", 300)
    told.begins("two", 50)
    heard = []
    for second in range(13):
        clock.now = 100.0 + second
        told.reached("one", 10 * second)
        told.busy("two", "" if second < 6 else f"gathering data: step {second} of 200")
        heard.append(capsys.readouterr().err)  # a reader of the pipe has it at once
    told.ends("one")
    assert [second for second, line in enumerate(heard) if line] == [5, 6, 10, 11]
    assert heard[5] == "one: 50 of 300 updates\n"
    assert heard[6] == "two: gathering data: step 6 of 200\n"
    assert capsys.readouterr().err == "one: 120 of 300 updates\n"


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    told = teller(quiet=True)
    told.begins("one", 3)
    told.reached("one", 3)
    told.busy("one", "update 4")
    told.ends("one")
    told.close(failed=False)
    assert capsys.readouterr().err == ""
