"""Tables too large are refused before they are built, in one line that says how to allow them."""

import numpy as np
import pytest
from exhaustive import random_task

from engine.errors import UserError
from engine.oracles import answers
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks import registry, size
from engine.tasks.grid import grid_task


def test_the_limit_is_the_one_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """14 steps × 49 states × 4 actions × 2 levels of return."""
    task = registry.load("crossroads")
    monkeypatch.setenv(size.VARIABLE, "5488")
    assert answers.conditional(task, 1.0)["mean"] == pytest.approx(1)
    monkeypatch.setenv(size.VARIABLE, "5487")
    with pytest.raises(UserError) as caught:
        answers.conditional(task, 1.0)
    assert "14 steps × 49 states × 4 actions × 2 return levels make 5,488 entries" in str(caught.value)
    assert (
        f"allowed: 5,487; take fewer, or raise the limit with the environment variable {size.VARIABLE}=5488"
        in str(caught.value)
    )


def test_states_alone_may_be_too_many_and_so_may_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    task = random_task(3)
    monkeypatch.setenv(size.VARIABLE, "1")
    with pytest.raises(UserError, match="1 return levels"):
        ReturnToGo(task)
    # A thousandth and a whole: the returns in between are far more than any table has held before.
    monkeypatch.setenv(size.VARIABLE, "200000")
    task = grid_task("fine", "S" * 20 + "a", {"a": 1.0}, horizon=50, help="")
    uneven = task.reward + np.where(task.terminal, 0, np.arange(21))[:, None, None] * 1e-3
    with pytest.raises(UserError, match="return levels make"):
        ReturnToGo(type(task)(**{**vars(task), "reward": uneven, "reward_unit": 1e-3}))


@pytest.mark.parametrize("said", ["many", "0", "-3", "nan", "inf"])
def test_a_limit_that_is_none(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv(size.VARIABLE, said)
    with pytest.raises(UserError, match=f"{size.VARIABLE} is '{said}'; allowed: a number of entries from 1"):
        size.largest()


@pytest.mark.parametrize("name", registry.names())
def test_every_built_in_task_is_far_below_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(size.VARIABLE, str(size.DEFAULT // 10))
    assert len(ReturnToGo(registry.load(name)).values)
