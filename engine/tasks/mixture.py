"""Data from several demonstrators: a mixture of policies, as a task that is exact like any other.

What an episode has shown so far tells how likely each demonstrator is. With that posterior in the
state, the mixture is one Markov base policy, and all that is exact (tables, oracles, evaluation,
drift) applies unchanged. Learners are shown the original state only.
"""

from collections.abc import Sequence

import numpy as np

from engine.errors import UserError
from engine.tasks.tabular import Floats, GridPicture, Integers, TabularTask

MOST_STATES = 20_000
DIGITS = 10  # to which two posteriors count as the same


def mixture(
    task: TabularTask,
    policies: Sequence[Floats],
    weights: Sequence[float],
    *,
    name: str = "",
    help: str = "",
    most_states: int = MOST_STATES,
) -> TabularTask:
    """The task whose base is one of `policies`, drawn by `weights` when an episode begins.

    Args:
        policies: each [N, A], or [H, N, A] where it depends on the time.
        weights: of the policies; positive.
        most_states: beyond this many pairs of state and posterior the mixture is refused.

    Raises:
        UserError: when the weights or the policies are none, or the posteriors are too many.
    """
    shares = np.array(weights, dtype=np.float64)
    if len(shares) != len(policies) or not len(shares) or np.any(shares <= 0):
        raise UserError(
            f"task {name or task.name}: weights are {list(weights)}; allowed: positive, one a policy"
        )
    timed = any(policy.ndim == 3 for policy in policies)
    tables = np.stack([np.broadcast_to(policy, (task.horizon, *task.base.shape)) for policy in policies])
    found = _Posteriors(task, tables, timed=timed, most=most_states, name=name or task.name)
    found.follow(shares / shares.sum())
    return found.task(name, help)


class _Posteriors:
    """Finds every (state, posterior) that an episode can be in, and numbers them as they are met."""

    def __init__(self, task: TabularTask, tables: Floats, *, timed: bool, most: int, name: str) -> None:
        self.original, self.tables, self.timed, self.most, self.name = task, tables, timed, most, name
        self.number: dict[tuple[int, int, bytes], int] = {}
        self.shown: list[int] = []
        self.posterior: list[Floats] = []
        self.base: dict[int, Floats] = {}  # of the states that anybody acts in
        self.next: dict[int, Integers] = {}

    def follow(self, weights: Floats) -> None:
        """Step through the horizon, from every start."""
        task = self.original
        layer = [self._numbered(int(state), 0, weights) for state in np.flatnonzero(task.start)]
        for time in range(task.horizon):
            following: dict[int, None] = {}
            for one in layer:
                if one in self.next or task.terminal[self.shown[one]]:
                    continue
                following.update(dict.fromkeys(self._acted(one, time)))
            layer = list(following)

    def _acted(self, one: int, time: int) -> list[int]:
        """Where the actions of a numbered state lead."""
        task, state = self.original, self.shown[one]
        joint = self.posterior[one][:, None] * self.tables[:, time, state]  # [K, A]
        self.base[one] = joint.sum(axis=0)
        into = np.zeros((task.actions, task.next_state.shape[2]), dtype=np.int64)
        met = []
        for action, chance in enumerate(self.base[one]):
            # Who does what no demonstrator does is taken for none of them in particular.
            posterior = joint[:, action] / chance if chance > 0 else self.posterior[one]
            for branch in np.flatnonzero(task.probability[state, action] > 0):
                target = int(task.next_state[state, action, branch])
                into[action, branch] = self._numbered(target, time + 1, posterior)
                met.append(int(into[action, branch]))
        self.next[one] = into
        return met

    def _numbered(self, state: int, time: int, posterior: Floats) -> int:
        ended = bool(self.original.terminal[state])
        said = b"" if ended else (np.round(posterior, DIGITS) + 0.0).tobytes()
        key = (state, time if self.timed and not ended else 0, said)
        if key not in self.number:
            if len(self.number) >= self.most:
                raise UserError(
                    f"task {self.name}: more than {self.most:,} pairs of state and posterior; "
                    "allowed: fewer demonstrators, a shorter horizon, or a larger limit"
                )
            self.number[key] = len(self.shown)
            self.shown.append(state)
            self.posterior.append(posterior)
        return self.number[key]

    def task(self, name: str, help: str) -> TabularTask:
        """The found states as a task."""
        task = self.original
        # Learners see original states, so these keep their numbers; each looks like itself.
        shown = np.array(self.shown)
        first = {state: one for one, state in reversed(list(enumerate(self.shown)))}
        looks = np.array([first[state] for state in self.shown])
        count, branches = len(shown), task.next_state.shape[2]
        next_state = np.zeros((count, task.actions, branches), dtype=np.int64)
        base = task.base[shown].copy()
        for one, into in self.next.items():
            next_state[one], base[one] = into, self.base[one]
        start = np.zeros(count)
        for one in range(count):  # the starts were numbered first
            if one < np.count_nonzero(task.start):
                start[one] = task.start[shown[one]]
        return TabularTask(
            name=name or f"{task.name} mixture",
            help=help or f"{task.help} The data come from {len(self.tables)} demonstrators.",
            horizon=task.horizon,
            next_state=next_state,
            probability=task.probability[shown],
            reward=task.reward[shown],
            terminal=task.terminal[shown],
            start=start,
            base=base,
            outcome=task.outcome[shown],
            outcome_names=task.outcome_names,
            action_names=task.action_names,
            state_names=tuple(
                f"{task.state_names[state]} ({_believed(posterior)})"
                if not task.terminal[state]
                else task.state_names[state]
                for state, posterior in zip(self.shown, self.posterior, strict=True)
            ),
            reward_unit=task.reward_unit,
            picture=None if task.picture is None else _picture(task.picture, shown),
            strings=task.strings,
            gold=None if task.gold is None else task.gold[shown],
            shown=looks,
            goals=task.goals,
        )


def _believed(posterior: Floats) -> str:
    return ", ".join(f"{share:.0%}" for share in posterior)


def _picture(picture: GridPicture, shown: Integers) -> GridPicture:
    return GridPicture(picture.height, picture.width, picture.cell[shown], picture.walls, picture.moves)
