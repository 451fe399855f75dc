import itertools
import re

import numpy as np
import pytest
from colours import VISIONS, apart, contrast, seen
from PySide6.QtGui import QColor

from gui.theme import DARK, LIGHT, MARKERS, RESOURCES, Theme, readable_on
from gui.widgets.policy_picture import colour_table

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
# Of large patches side by side 0.02 can just be told apart. Lines of 1.7 pixels and marks of 6 lie apart from
# each other: four times as much. Nine colours that stand out on a card cannot have more than about 0.12.
LINES = 0.08
CELLS = 0.06  # large and side by side: three times


def test_the_measures_agree_with_published_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # a grey just below AA
    assert seen("#ffffff", "usual") == pytest.approx([1, 0, 0], abs=1e-4)
    assert seen("#ff0000", "usual") == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)
    for vision in VISIONS:  # greys are greys to everyone
        assert seen("#808080", vision)[1:] == pytest.approx([0, 0], abs=2e-3)
    red, green = (seen(colour, "deuteranopia") for colour in ("#ff0000", "#00ff00"))
    hues = [np.arctan2(colour[2], colour[1]) for colour in (red, green)]
    assert hues[0] == pytest.approx(hues[1], abs=0.2)  # red and green are both yellow, one darker


@THEMES
@pytest.mark.parametrize("vision", VISIONS)
def test_every_two_runs_are_told_apart_by_colour(theme: Theme, vision: str) -> None:
    close = {
        (one, other): round(distance, 3)
        for one, other in itertools.combinations((*theme.runs, *theme.oracles), 2)
        if (distance := apart(one, other, vision)) < LINES
    }
    assert not close


def test_the_lines_of_a_report_have_the_colours_of_the_app() -> None:
    """On the page, in the dark, and printed."""
    text = (RESOURCES / "report.html").read_text(encoding="utf-8")
    palettes = re.findall(r"--one: (#\w+); --two: (#\w+); --three: (#\w+);", text)
    assert len(palettes) == 3
    assert set(palettes[0]) == set(palettes[2]) <= set(LIGHT.runs)
    assert set(palettes[1]) <= set(DARK.runs)


@THEMES
@pytest.mark.parametrize("vision", VISIONS)
def test_a_heat_map_grows_in_one_direction_in_steps_that_are_seen(theme: Theme, vision: str) -> None:
    steps = [apart(one, other, vision) for one, other in itertools.pairwise(theme.image)]
    assert min(steps) >= CELLS
    lightness = [seen(colour, vision)[0] for colour in theme.image]
    direction = np.sign(np.diff(lightness))
    assert set(direction) == {-1.0 if theme.name == "light" else 1.0}


@THEMES
def test_text_stands_out(theme: Theme) -> None:
    grounds = (theme.card, theme.background, theme.field, theme.hover)
    pairs = [(ink, ground) for ink in (theme.text, theme.muted) for ground in grounds]
    pairs += [(ink, ground) for ink in (theme.accent, theme.alarm) for ground in grounds[:3]]
    pairs += [(theme.on_accent, theme.accent), (theme.text, theme.exit)]
    assert not {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < 4.5}


@THEMES
def test_lines_marks_and_the_ring_of_the_focus_stand_out(theme: Theme) -> None:
    lines = (*theme.runs, *theme.oracles, theme.accent, theme.alarm, theme.muted)
    assert not [line for line in lines if contrast(line, theme.card) < 3]
    assert contrast(theme.accent, theme.background) >= 3


@THEMES
def test_figures_on_a_heat_map_are_readable_at_every_level(theme: Theme) -> None:
    grounds = [QColor.fromRgb(value) for value in colour_table(theme.image)]
    assert min(contrast(readable_on(ground).name(), ground.name()) for ground in grounds) >= 4.5


@THEMES
def test_no_run_is_told_by_its_colour_alone(theme: Theme) -> None:
    """Two runs of the same colour differ by their dash; those of the same marker too, or by their colour."""
    styles = [theme.style(index, oracle) for oracle in (False, True) for index in range(2 * len(MARKERS))]
    learners, oracles = styles[: len(theme.runs)], styles[2 * len(MARKERS) :][:2]
    assert len({(style.marker, style.dash) for style in (*learners[: len(MARKERS)], *oracles)}) == 8
    for one, other in itertools.combinations(learners, 2):
        assert (one.marker, one.colour) != (other.marker, other.colour)
    assert all(style.dash for style in oracles)
