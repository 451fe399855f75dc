"""Which environment a name makes."""

import pytest
import torch

from engine.errors import UserError
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.make import make_environment
from engine.tasks.tabular_environment import TabularEnvironment

CPU = torch.device("cpu")
DRAWN = 'kind = "grid"\nhorizon = 3\nmap = """\nS.a\n"""\n[exits]\na = 2.0\n'


def test_names_and_texts_make_what_they_say() -> None:
    assert isinstance(make_environment("levels", "", CPU), TabularEnvironment)
    drawn = make_environment("mine", DRAWN, CPU)
    assert isinstance(drawn, TabularEnvironment)
    assert drawn.levels == (0.0, 2.0)
    assert isinstance(make_environment("CartPole-v1", "", CPU), GymnasiumEnvironment)


@pytest.mark.parametrize("name", ["crossroad", "CartPol-v1"])
def test_a_name_that_is_nothing_is_answered_with_what_is(name: str) -> None:
    with pytest.raises(UserError, match=r"crossroads, levels, .*, a Gymnasium id") as caught:
        make_environment(name, "", CPU)
    assert name in str(caught.value)
