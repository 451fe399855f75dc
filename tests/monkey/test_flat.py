"""When the memory of a long random use counts as flat."""

from tests.monkey.__main__ import growth, thirds

MINUTES = [60.0 * minute for minute in range(1, 61)]


def test_a_third_is_told_by_its_median() -> None:
    assert thirds([(1.0, 5.0), (2.0, 7.0), (3.0, 9.0), (4.0, 1.0), (5.0, 2.0), (6.0, 4.0)]) == [6.0, 5.0, 3.0]
    assert thirds([(1.0, 5.0)]) == []


def test_what_is_filled_once_and_what_comes_and_goes_is_flat() -> None:
    assert growth([(t, 180.0 + 60.0 * (t > 900) + 20.0 * (t % 300 == 0)) for t in MINUTES]) == []


def test_a_megabyte_a_minute_is_not() -> None:
    assert growth([(t, 200.0 + t / 60) for t in MINUTES]) == ["memory grew from 230 MB to 250 MB"]
