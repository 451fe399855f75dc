"""The built-in tasks as Gymnasium environments, so that any other library can train on them.

Importing this module registers them; so does naming it on the way::

    gymnasium.make("engine.tasks.gymnasium_registration:supertask/Crossroads-v0")
"""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from engine.tasks import registry
from engine.tasks.tabular import TabularTask

NAMESPACE = "supertask"


class TabularEnv(gymnasium.Env[np.int64, np.int64]):
    """One episode at a time of a tabular task.

    The observation is the number of the state. The task is Markov in (state, time), and the time
    is in `info["time"]`. Entering a terminal state terminates; the horizon truncates.
    """

    def __init__(self, task: str | TabularTask, text: str = "", render_mode: str | None = None) -> None:
        """`task` is a task or the name of a built-in one, or of the one that `text` (TOML) draws.

        Raises:
            UserError: for an unknown name.
        """
        self.task = registry.load(task, text) if isinstance(task, str) else task
        self.render_mode = render_mode
        self.observation_space = spaces.Discrete(self.task.states)
        self.action_space = spaces.Discrete(self.task.actions)
        self._state = np.int64(0)
        self._time = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.int64, dict[str, Any]]:
        """Begin an episode in a state drawn from the task's start distribution."""
        super().reset(seed=seed, options=options)
        self._state = np.int64(self.np_random.choice(self.task.states, p=self.task.start))
        self._time = 0
        return self._state, self._info()

    def step(self, action: np.int64) -> tuple[np.int64, float, bool, bool, dict[str, Any]]:
        """Take one action: observation, reward, terminated, truncated, info."""
        task = self.task
        branch = self.np_random.choice(task.probability.shape[2], p=task.probability[self._state, action])
        reward = float(task.reward[self._state, action, branch])
        self._state = np.int64(task.next_state[self._state, action, branch])
        self._time += 1
        terminated = bool(task.terminal[self._state])
        truncated = not terminated and self._time >= task.horizon
        return self._state, reward, terminated, truncated, self._info()

    def _info(self) -> dict[str, Any]:
        return {"time": self._time}


def environment_id(task: str) -> str:
    """The Gymnasium id of a built-in task: `crossroads` is `supertask/Crossroads-v0`."""
    return f"{NAMESPACE}/{task.title().replace('-', '')}-v0"


def register() -> None:
    """Tell Gymnasium of every built-in task; those it knows already are left alone."""
    for name in registry.names():
        if environment_id(name) not in gymnasium.registry:
            entry_point = f"{__name__}:TabularEnv"
            gymnasium.register(environment_id(name), entry_point=entry_point, kwargs={"task": name})


register()
