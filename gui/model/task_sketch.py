"""What a small picture of a task shows, worked out from the task itself.

Its grid and where the base goes, its arms and what they pay, the base's habits, or an episode as it is
observed. Needs no torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.tasks import recipe, registry
from engine.tasks.tabular import TabularTask, traps

if TYPE_CHECKING:
    from gymnasium import Env

ROWS = 12  # contexts in a picture of the base's habits
STEPS = 80  # of an episode that is sampled
MOST = 20_000_000  # transitions followed: a picture must not keep a person waiting

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GridSketch:
    """A task on a grid; cells count along the rows. Of each sketch `words` say what is seen; what stands for
    `likelier` depends on the theme.

    Attributes:
        visits: [cells] expected visits of the base in an episode, 1 at the most visited.
        exits: by cell, what ending there pays, in words.
        traps: cells that end an episode and are no outcome.
    """

    height: int
    width: int
    visits: Floats
    walls: frozenset[int]
    starts: frozenset[int]
    exits: Mapping[int, str]
    traps: frozenset[int]
    words: str = "The task's grid: {likelier} where its base policy is more often, a ring where it starts"


@dataclass(frozen=True, slots=True)
class ArmsSketch:
    """A single choice: how often the base chooses each arm [A], and what each pays on average [A]."""

    base: Floats
    pays: Floats
    words: str = "The task's arms: as high as its base chooses them often, with what each pays on average"


@dataclass(frozen=True, slots=True)
class TableSketch:
    """The base policy in its different contexts [P, A], each once."""

    base: Floats
    words: str = "The task's base policy: a row a context, a column an action, {likelier} is likelier"


@dataclass(frozen=True, slots=True)
class EpisodeSketch:
    """What is observed in an episode of the base [T, D], each number scaled to 0 … 1 over the episode."""

    observed: Floats
    words: str = "An episode of the task's random base: every number that is observed, against time"


Sketch = GridSketch | ArmsSketch | TableSketch | EpisodeSketch


def spaces_of(task: str, text: str = "") -> str:
    """What a Gymnasium environment shows and takes, in words; empty for other tasks, for one's own code and
    for what cannot be made."""
    try:
        registry.check(task, text)
        return "" if text or registry.known(task) else _gymnasium(task).spaces
    except UserError:
        return ""


@lru_cache(maxsize=64)
def sketch_of(task: str, text: str = "") -> Sketch | None:
    """The sketch of a task by name and text; None where there is no such task."""
    try:
        registry.check(task, text)
        if not text and not registry.known(task):
            return _gymnasium(task).sketch
        made = registry.load(task, text)
    except UserError:
        return None
    if made.drawn_as == "grid":
        return _grid(made)
    if made.drawn_as == "arms":
        return ArmsSketch(made.base[0], (made.probability[0] * made.reward[0]).sum(axis=1))
    acting = made.base[~made.terminal & (_visits(made) > 0)]
    _, first = np.unique(acting, axis=0, return_index=True)
    return TableSketch(acting[np.sort(first)[:ROWS]])


def _visits(task: TabularTask) -> Floats:
    """[N] expected visits of the base, over times 0 … H or as far as MOST allows; an end is one visit."""
    flow = (task.base * ~task.terminal[:, None])[:, :, None] * task.probability  # [N, A, K]
    now = task.start.copy()
    visits = now.copy()
    for _ in range(min(task.horizon, MOST // flow.size)):
        reached = now[:, None, None] * flow
        now = np.bincount(task.next_state.ravel(), weights=reached.ravel(), minlength=task.states)
        visits += now
    return visits


def _grid(task: TabularTask) -> GridSketch:
    picture, visits = task.picture, _visits(task)
    assert picture is not None
    on_grid = np.bincount(picture.cell, weights=visits, minlength=picture.height * picture.width)
    paid: dict[int, float] = {}
    for state in np.flatnonzero(task.terminal & (task.outcome >= 0)).tolist():
        cell = int(picture.cell[state])
        paid[cell] = max(paid.get(cell, -np.inf), _payment(task, state))
    return GridSketch(
        picture.height,
        picture.width,
        on_grid / on_grid.max(),
        frozenset(picture.walls.tolist()),
        frozenset(picture.cell[task.start > 0].tolist()),
        {cell: _in_words(task, payment) for cell, payment in paid.items()},
        frozenset(traps(task, visits).tolist()),
    )


def _payment(task: TabularTask, state: int) -> float:
    """What arriving in a terminal state pays, at the most."""
    arriving = (task.next_state == state) & (task.probability > 0) & ~task.terminal[:, None, None]
    return float(task.reward[arriving].max()) if arriving.any() else 0.0


def _in_words(task: TabularTask, payment: float) -> str:
    if task.goals is None:
        return f"{payment:g}"
    return "+".join(f"{part:g}" for part in task.goals.parts(np.float64(payment)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Of a Gymnasium environment: an episode, where one could be observed, and its spaces in words."""

    sketch: EpisodeSketch | None = None
    spaces: str = ""


@lru_cache(maxsize=64)
def _gymnasium(task: str) -> _Seen:
    """Nothing of one's own code: a file that is opened, from wherever it came, must not run for a picture.

    Raises:
        UserError: for what cannot be made.
    """
    meant = recipe.parse(task)
    if any(":" in part.name for part in (meant.environment, *meant.wrappers)):
        return _Seen()
    from engine.tasks import making, space_words  # here: most tasks do without Gymnasium

    environment = making.make(meant)
    words = space_words.in_words(environment)
    try:
        return _Seen(_episode(environment), words)
    except Exception:  # no row of numbers, or anything in anyone's code: it costs this picture
        return _Seen(None, words)
    finally:
        environment.close()


def _episode(environment: "Env[Any, Any]") -> EpisodeSketch:
    """One episode under uniformly random actions."""
    from gymnasium.spaces import flatten

    seen = environment.observation_space
    observation, _ = environment.reset(seed=0)
    environment.action_space.seed(0)
    observed, over = [flatten(seen, observation)], False
    while not over and len(observed) < STEPS:
        observation, _, terminated, truncated, _ = environment.step(environment.action_space.sample())
        observed.append(flatten(seen, observation))
        over = terminated or truncated
    values = np.array(observed, dtype=np.float64)[:, :8]
    low, span = values.min(axis=0), np.ptp(values, axis=0)
    return EpisodeSketch((values - low) / np.where(span > 0, span, 1.0))
