"""An environment of someone's own, held to Gymnasium's interface: where it does not keep it, that is told."""

import inspect
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from engine.errors import UserError


class Held(gymnasium.Wrapper[Any, Any, Any, Any]):
    """The same environment, step for step.

    Raises:
        UserError: for a space that is missing, a reset that takes no seed, answers of another form than
            Gymnasium's, observations that are not of the space, and what is not a number. At any call.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], title: str) -> None:
        super().__init__(env)
        self._title = title
        for name in ("observation_space", "action_space"):
            if not isinstance(getattr(env, name, None), spaces.Space):
                raise self._error(f"has no {name}", "one of gymnasium.spaces, set when it is made")
        taken = inspect.signature(env.reset).parameters.values()
        if not any(one.name == "seed" or one.kind is one.VAR_KEYWORD for one in taken):
            raise self._error("reset takes no seed", "reset(self, *, seed=None, options=None)")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """See :meth:`gymnasium.Env.reset`."""
        answer = self.env.reset(seed=seed, options=options)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise self._error(f"reset returns {_form(answer)}", "an observation and a dict")
        self._see("reset", answer[0])
        return answer

    def step(self, action: Any) -> Any:
        """See :meth:`gymnasium.Env.step`."""
        answer = self.env.step(action)
        if not isinstance(answer, tuple) or len(answer) != 5:
            raise self._error(
                f"step returns {_form(answer)}", "observation, reward, terminated, truncated and a dict"
            )
        observation, reward, *_ = answer
        paid = np.asarray(reward)
        if paid.size != 1 or paid.dtype.kind not in "biuf" or not np.isfinite(paid).all():
            raise self._error(f"step pays {reward!r}", "a finite number")
        self._see("step", observation)
        return answer

    def _see(self, call: str, observation: Any) -> None:
        wrong = _wrong(self.env.observation_space, observation)
        if wrong:
            raise self._error(f"{call} returns an observation {wrong[0]}", wrong[1])

    def _error(self, said: str, allowed: str) -> UserError:
        return UserError(f"{self._title}: {said}; allowed: {allowed}")


def _form(answer: Any) -> str:
    return f"{len(answer)} values" if isinstance(answer, tuple) else f"one {type(answer).__name__}"


def _wrong(space: spaces.Space[Any], observation: Any, where: str = "") -> tuple[str, str] | None:
    """What is wrong with an observation and what is allowed; None where it is of the space."""
    if isinstance(space, spaces.Dict):
        given = list(observation) if isinstance(observation, Mapping) else None
        if given is None or set(given) != set(space.spaces):
            told = f"with the keys {', '.join(map(str, given))}" if given else f"that is {_form(observation)}"
            return told + where, f"the keys {', '.join(map(str, space.spaces))}"
        found = (_wrong(part, observation[key], f" at {key!r}") for key, part in space.spaces.items())
        return next(filter(None, found), None)
    if space.shape is None:
        return None
    values = np.asarray(observation)
    if values.shape != space.shape:
        return f"of shape {values.shape}{where}", f"its space's, {space.shape}"
    if values.dtype.kind == "f" and np.isnan(values).any():
        return f"that is not a number{where}", "numbers"
    return None
