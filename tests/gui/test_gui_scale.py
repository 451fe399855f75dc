import math

import pytest

from engine.errors import UserError
from engine.learners.knobs import Knob
from gui.model.scale import STEPS, to_position, to_value, written

LINEAR = Knob("a", "A", "", 0.5, "float", low=0.0, high=2.0)
LOG = Knob("b", "B", "", 0.01, "float", low=1e-4, high=1.0, scale="log")
LOG_FROM_0 = Knob("c", "C", "", 0.0, "float", low=0.0, high=10.0, scale="log")
WHOLE = Knob("d", "D", "", 32, "int", low=1, high=256, scale="log")
OPEN = Knob("e", "E", "", 2.0, "float")


def test_linear_and_logarithmic_by_hand() -> None:
    assert to_position(LINEAR, 0.5) == 250
    assert to_value(LINEAR, 250) == 0.5
    assert to_position(LOG, 0.01) == 500  # halfway in powers of ten
    assert to_value(LOG, 500) == 0.01


@pytest.mark.parametrize("knob", [LINEAR, LOG, LOG_FROM_0, WHOLE, OPEN])
def test_every_position_gives_an_allowed_value_and_the_ends_are_the_ends(knob: Knob) -> None:
    values = [to_value(knob, position) for position in range(STEPS + 1)]
    assert all(knob.validated(value) == value for value in values)
    assert values == sorted(values)
    if math.isfinite(knob.low):
        assert (values[0], values[-1]) == (knob.low, knob.high)


@pytest.mark.parametrize("knob", [LINEAR, LOG, LOG_FROM_0])
def test_there_and_back(knob: Knob) -> None:
    for position in range(0, STEPS + 1, 10):
        assert abs(to_position(knob, float(to_value(knob, position))) - position) <= 3


def test_zero_has_a_place_on_a_logarithmic_slider() -> None:
    assert to_value(LOG_FROM_0, 0) == 0.0
    assert to_position(LOG_FROM_0, 0.0) == 0
    assert to_value(LOG_FROM_0, 1) > 0


def test_what_is_typed_is_validated_by_the_knob_itself() -> None:
    assert LOG.validated("3e-3") == 0.003
    with pytest.raises(UserError, match=r"0\.0001 to 1"):
        LOG.validated("7")
    with pytest.raises(UserError, match="whole number"):
        WHOLE.validated("2.5")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0003, "0.0003"), (3e-5, "3e-5"), (1.0, "1"), (0.12345, "0.1235"), (7, "7"), (True, "yes")],
)
def test_figures_as_a_person_writes_them(value: float, text: str) -> None:
    assert written(value) == text
