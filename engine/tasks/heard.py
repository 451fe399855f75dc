"""An environment of someone's, told of while it is asked: a loop of its own that never ends is then seen from
outside, see :mod:`engine.activity`."""

from typing import Any

import gymnasium

from engine import activity


class Heard(gymnasium.Wrapper[Any, Any, Any, Any]):
    """The same environment, step for step."""

    def step(self, action: Any) -> Any:
        """See :meth:`gymnasium.Env.step`."""
        with activity.AskingAnEnvironment():
            return self.env.step(action)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """See :meth:`gymnasium.Env.reset`."""
        with activity.AskingAnEnvironment():
            return self.env.reset(seed=seed, options=options)
