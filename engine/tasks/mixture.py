"""Data from several demonstrators: a mixture of policies, as a task that is exact like any other.

What an episode has shown so far tells how likely each demonstrator is. With that posterior in the
state, the mixture is one Markov base policy, and all that is exact (tables, oracles, evaluation,
drift) applies unchanged. Learners are shown the original state only.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.errors import UserError
from engine.tasks.tabular import Floats, Integers, TabularTask

MOST_STATES = 20_000
DIGITS = 10  # to which two posteriors count as the same
LEAST_NAMED = 0.005  # shares below it would read 0 %


def mixture(
    task: TabularTask,
    policies: Sequence[Floats],
    weights: Sequence[float],
    *,
    name: str = "",
    help: str = "",
    demonstrators: Sequence[str] = (),
    most_states: int = MOST_STATES,
) -> TabularTask:
    """The task whose base is one of `policies`, drawn by `weights` when an episode begins.

    Args:
        policies: each [N, A], or [H, N, A] where it depends on the time; the state then carries the
            time as well.
        weights: of the policies; positive.
        demonstrators: what to call the policies; numbers where nothing is said.
        most_states: beyond this many pairs of state and posterior the mixture is refused.

    Raises:
        UserError: when weights and policies do not match, or the posteriors are too many.
    """
    name = name or f"{task.name} mixture"
    shares = np.array(weights, dtype=np.float64)
    if len(shares) != len(policies) or not len(shares) or not np.all(shares > 0):
        raise UserError(f"task {name}: weights are {list(weights)}; allowed: positive, one a policy")
    timed = any(policy.ndim == 3 for policy in policies)
    tables = np.stack([np.broadcast_to(policy, (task.horizon, *task.base.shape)) for policy in policies])
    found = _Posteriors(task, tables, timed=timed, most=most_states, name=name)
    found.follow(shares / shares.sum())
    called = tuple(demonstrators) or tuple(str(number) for number in range(1, len(policies) + 1))
    return found.task(name, help or f"{task.help} The data come from several demonstrators.", called)


class _Posteriors:
    """Finds every (state, posterior) that an episode can be in, and numbers them as they are met."""

    def __init__(self, task: TabularTask, tables: Floats, *, timed: bool, most: int, name: str) -> None:
        self.original, self.tables, self.timed, self.most, self.name = task, tables, timed, most, name
        self.number: dict[tuple[int, int, bytes], int] = {}
        self.state: list[int] = []
        self.posterior: list[Floats] = []
        self.joint: list[Floats] = []  # [K, A] of demonstrator and action
        self.next: dict[int, Integers] = {}  # [A, branches], of the states that anybody acts in

    def follow(self, weights: Floats) -> None:
        """Step through the horizon, from every start."""
        task = self.original
        layer = [self._numbered(int(state), 0, weights) for state in np.flatnonzero(task.start)]
        for time in range(task.horizon):
            following: dict[int, None] = {}
            for one in layer:
                if one not in self.next and not task.terminal[self.state[one]]:
                    following.update(dict.fromkeys(self._acted(one, time)))
            layer = list(following)

    def _acted(self, one: int, time: int) -> list[int]:
        """Where the actions of a numbered state lead."""
        task, state, joint = self.original, self.state[one], self.joint[one]
        into = np.zeros(task.next_state.shape[1:], dtype=np.int64)
        met = []
        for action, chance in enumerate(joint.sum(axis=0)):
            # Who does what no demonstrator does is taken for none of them in particular.
            posterior = joint[:, action] / chance if chance > 0 else self.posterior[one]
            for branch in np.flatnonzero(task.probability[state, action] > 0):
                target = int(task.next_state[state, action, branch])
                into[action, branch] = self._numbered(target, time + 1, posterior)
                met.append(int(into[action, branch]))
        self.next[one] = into
        return met

    def _numbered(self, state: int, time: int, posterior: Floats) -> int:
        """The number of a state, a new one where it was not met before. Ends need no posterior."""
        ended = bool(self.original.terminal[state])
        believed = b"" if ended else (np.round(posterior, DIGITS) + 0.0).tobytes()  # −0 becomes 0
        key = (state, time if self.timed and not ended else 0, believed)
        if key not in self.number:
            if len(self.number) >= self.most:
                raise UserError(
                    f"task {self.name}: more than {self.most:,} pairs of state and posterior; "
                    "allowed: fewer demonstrators, a shorter horizon, or a larger limit"
                )
            self.number[key] = len(self.state)
            self.state.append(state)
            self.posterior.append(posterior)
            acting = self.tables[:, min(time, self.original.horizon - 1), state]
            self.joint.append(posterior[:, None] * acting)
        return self.number[key]

    def task(self, name: str, help: str, demonstrators: tuple[str, ...]) -> TabularTask:
        """The found states as a task."""
        task, state = self.original, np.array(self.state)
        # What a learner sees of a state is the first that was met of those that are one without posterior.
        _, first, which = np.unique(state, return_index=True, return_inverse=True)
        next_state = np.zeros((len(state), *task.next_state.shape[1:]), dtype=np.int64)
        for one, into in self.next.items():
            next_state[one] = into
        start = np.zeros(len(state))
        starts = np.flatnonzero(task.start)  # numbered before all others
        start[: len(starts)] = task.start[starts]
        return TabularTask(
            name=name,
            help=help,
            horizon=task.horizon,
            next_state=next_state,
            probability=task.probability[state],
            reward=task.reward[state],
            terminal=task.terminal[state],
            start=start,
            base=np.stack([joint.sum(axis=0) for joint in self.joint]),
            outcome=task.outcome[state],
            outcome_names=task.outcome_names,
            action_names=task.action_names,
            state_names=tuple(self._named(one, demonstrators) for one in range(len(state))),
            reward_unit=task.reward_unit,
            picture=None if task.picture is None else replace(task.picture, cell=task.picture.cell[state]),
            strings=task.strings,
            gold=None if task.gold is None else task.gold[state],
            shown=first[which],
            goals=task.goals,
        )

    def _named(self, one: int, demonstrators: tuple[str, ...]) -> str:
        """A state and who is believed to act in it, as in "second step (98% a, 2% b)"."""
        state = self.state[one]
        if self.original.terminal[state]:
            return self.original.state_names[state]
        pairs = zip(self.posterior[one], demonstrators, strict=True)
        believed = ", ".join(f"{share:.0%} {who}" for share, who in pairs if share >= LEAST_NAMED)
        return f"{self.original.state_names[state]} ({believed})"
