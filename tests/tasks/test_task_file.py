"""Tasks drawn in TOML: what is read, and that every mistake gets one line that says where and what."""

import numpy as np
import pytest

from engine.errors import UserError
from engine.tasks import registry, task_file

GOOD = '''kind = "grid"
horizon = 14
map = """
a.....b
.......
.......
...S...
.......
.......
c.....d
"""

[exits]
a = 1.0
b = 1
c = 1.0
d = 1.0
'''


def test_crossroads_drawn_by_hand_is_crossroads():
    drawn, built = registry.load("mine", GOOD), registry.load("crossroads")
    assert drawn.name == "mine"
    for what in ("next_state", "probability", "reward", "terminal", "start", "base", "outcome"):
        assert np.array_equal(getattr(drawn, what), getattr(built, what)), what
    assert (drawn.horizon, drawn.reward_unit) == (built.horizon, built.reward_unit)


def test_an_indented_map_and_slip():
    text = 'kind = "grid"\nhorizon = 3\nslip = 0.5\nmap = """\n    S.\n    .x\n"""\n[exits]\nx = -0.5\n'
    task = task_file.parse(text, "mine")
    assert task.states == 4
    assert task.reward_unit == 0.5
    assert task.probability[0, 0].tolist() == [0.5, 0.25, 0.25]


BASE = (
    GOOD
    + """
[base]
right = 2
down = 0
toward = "bd"
strength = 0.5
"""
)


def test_a_base_of_ones_own_and_several_starts():
    """Weights times exp(-strength * steps to the nearest exit named), by hand."""
    text = BASE.replace(".......", "S......", 1)
    task = task_file.parse(text, "mine")
    assert task.start[[7, 24]].tolist() == [0.5, 0.5]
    # From the centre, (3, 3): up and right lead 5 steps away from b or d, left 7; down weighs nothing.
    weight = np.array([1.0, 0.0, np.exp(-1.0), 2.0])
    assert task.base[24] == pytest.approx(weight / weight.sum(), abs=1e-15)
    # Below a, at (1, 0): up is another exit, from which there is no way: one more than the longest, 9.
    away = np.array([10, 8, 7, 6])
    weight = np.array([1.0, 0.0, 1.0, 2.0]) * np.exp(-0.5 * away)
    assert task.base[7] == pytest.approx(weight / weight.sum(), abs=1e-15)
    indifferent = task_file.parse(GOOD + '[base]\ntoward = "a"\nstrength = 0\n', "mine")
    assert np.all(indifferent.base == 0.25)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "right = 2",
            "rigth = 2",
            r"line 20: key 'rigth' is unknown \(did you mean right\?\); allowed: up, down, ",
        ),
        ("right = 2", "right = -1", "line 20: weight of right is -1; allowed: numbers from 0"),
        ("right = 2", "right = 0\nup = 0\nleft = 0", "line 19: all weights of the base are 0"),
        ('"bd"', '"bz"', "line 22: toward is 'bz'; allowed: exits in quotes, of a, b, c, d"),
        ("0.5", "-1", "line 23: strength is -1; allowed: numbers from 0 to 100"),
        ("[base]", "[[base]]", "line 19: base is .*; allowed: a table with up, down"),
    ],
)
def test_mistakes_in_the_base(before, after, message):
    assert before in BASE
    with pytest.raises(UserError, match=message):
        task_file.parse(BASE.replace(before, after, 1), "mine")


def test_a_quoted_exit_character():
    text = GOOD.replace("\na.....b", "\n$.....b").replace("a = 1.0", '"$" = 1.0')
    assert task_file.parse(text, "mine").outcome_names[0] == "$"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('kind = "grid"\n', "", "key 'kind' is missing; needed: kind, horizon, map, exits"),
        ("horizon = 14\n", "", "key 'horizon' is missing"),
        ('kind = "grid"', 'kind = "maze"', "line 1: kind 'maze' is unknown; allowed: grid"),
        ('kind = "grid"', "kind = 3", "line 1: kind '3' is unknown; allowed: grid"),
        ("horizon = 14", "horizon = 0", "line 2: horizon is 0; allowed: whole numbers from 1"),
        ("horizon = 14", "horizon = 14.5", r"line 2: horizon is 14\.5; allowed: whole numbers"),
        ("horizon = 14", "horizon = true", "line 2: horizon is True; allowed: whole numbers"),
        ("horizon = 14", "horizon = 1000000000", "horizon is 1000000000; allowed: whole numbers from 1 to"),
        ("horizon = 14", "horizon = 14\nslip = 1.5", r"line 3: slip is 1\.5; allowed: numbers from 0 to 1"),
        ("horizon = 14", "horizon = 14\nslip = nan", "line 3: slip is nan; allowed: numbers from 0 to 1"),
        ("horizon = 14", 'horizon = 14\nslip = "x"', "line 3: slip is 'x'; allowed: numbers from 0 to 1"),
        ("horizon = 14", "horizon = 14\nspeed = 2", "line 3: key 'speed' is unknown; allowed: kind, horizon"),
        ("horizon = 14", "horizon = = 14", "not TOML: .*line 2"),
        ("...S...", "...S..", "row 4 of map has 6 characters; allowed: 7"),
        ("...S...", "...S.. .", "row 4 of map has 8 characters"),
        ("...S...", "...S. .", "blank at row 4, column 6"),
        ("...S...", ".......", "no start"),
        ("...S...", "...S..e", "exit 'e' at row 4, column 7 of map has no payment"),
        ("a = 1.0", "a = 1.0\nz = 2.0", "exit 'z' is in .exits. but not on map; on map: a, b, c, d"),
        ("a = 1.0", 'a = "much"', "line 14: exit 'a' pays 'much'; allowed: a finite number"),
        ("a = 1.0", "a = inf", "line 14: exit 'a' pays inf; allowed: a finite number"),
        ("a = 1.0", 'a = 1.0\n"#" = 1.0', "exit '#' cannot be an exit"),
        ("a = 1.0", "a = 1.0\nab = 1.0", "exit 'ab' cannot be an exit"),
        (
            "a = 1.0",
            "a = 0.12345678",
            "line 13: the payment 0.12345678 is too fine; allowed: at most 6 decimals",
        ),
    ],
)
def test_every_mistake_is_named(before, after, message):
    assert before in GOOD
    with pytest.raises(UserError, match=message) as caught:
        task_file.parse(GOOD.replace(before, after, 1), "mine")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("task mine")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('kind="grid"\nhorizon=1\nmap="S"\nexits=3', "line 4: exits is 3; allowed: a table"),
        ('kind="grid"\nhorizon=1\nmap="S"\n[exits]\n', "line 4: exits is {}; allowed: a table"),
        (
            'kind="grid"\nhorizon=1\nmap=["S"]\n[exits]\na=1',
            "line 3: map is .*; allowed: a multi-line string",
        ),
        ('kind="grid"\nhorizon=1\nmap=""\n[exits]\na=1', "map is empty"),
    ],
)
def test_mistakes_of_kind(text, message):
    with pytest.raises(UserError, match=message):
        task_file.parse(text, "mine")


def test_a_map_too_large():
    text = f'kind="grid"\nhorizon=1\nmap="""\n{"." * 20_000}\n"""\n[exits]\na=1'
    with pytest.raises(UserError, match="too large; allowed: 10000 cells"):
        task_file.parse(text, "mine")


def test_reading_files(tmp_path):
    file = tmp_path / "my maze.toml"
    file.write_text(GOOD, encoding="utf-8")
    assert task_file.read(file) == ("my maze", GOOD)
    with pytest.raises(UserError, match="cannot be read"):
        task_file.read(tmp_path / "absent.toml")
    with pytest.raises(UserError, match="cannot be read"):
        task_file.read(tmp_path)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is not text"):
        task_file.read(file)
    file.write_bytes(b"#" * 2_000_000)
    with pytest.raises(UserError, match="larger than a task file may be"):
        task_file.read(file)
