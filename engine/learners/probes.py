"""Histories of the base at which policies are compared: one for each fixed context."""

import numpy as np
import torch
from torch import Tensor

from engine.errors import UserError
from engine.learners.base import Probes
from engine.tasks.dataset import Trajectories, base_data
from engine.tasks.environment import Environment
from engine.tasks.tabular import Integers, TabularTask
from engine.tasks.tabular_environment import TabularEnvironment, base_occupancy

SURVEY_EPISODES = 64


def tabular_probes(environment: TabularEnvironment, state: Integers, time: Integers) -> Probes:
    """For each context (state [P], time [P]) a history of the base that leads there.

    It is drawn backwards from where it ends, so that it is exact however rare the context:
    P(s, a, r at t | s' at t + 1) ∝ d_t(s) π0(a|s) P(s', r | s, a), d_t the base's occupancy. The draw
    belongs to the task: the same histories whatever the run's seeds.

    Raises:
        UserError: for a context that the base never reaches.
    """
    task = environment.task
    occupancy = base_occupancy(task)
    random = np.random.default_rng(0)
    length = int(time.max()) + 1
    observations = np.zeros((len(state), length), dtype=np.int64)
    actions, rewards = np.zeros_like(observations), np.zeros(observations.shape, dtype=np.float32)
    for probe, (end, steps) in enumerate(zip(state.tolist(), time.tolist(), strict=True)):
        if task.terminal[end] or occupancy[steps, end] == 0:
            raise UserError(f"task {task.name}: the base never acts in state {end} at time {steps}")
        observations[probe, -1] = end
        for back in range(1, steps + 1):
            end, action, reward = _step_back(task, occupancy[steps - back], end, random)
            observations[probe, -1 - back] = end
            actions[probe, -1 - back], rewards[probe, -1 - back] = action, reward
    device = environment.device
    return Probes(
        observations=torch.from_numpy(observations).to(device),
        actions=torch.from_numpy(actions).to(device),
        rewards=torch.from_numpy(rewards).to(device),
        time=torch.from_numpy(time.astype(np.int64)).to(device),
    )


def _step_back(
    task: TabularTask, occupancy: np.ndarray, state: int, random: np.random.Generator
) -> tuple[int, int, float]:
    """The state, action and reward before `state`, drawn given the occupancy [N] one step earlier."""
    weight = np.where(task.terminal, 0.0, occupancy)[:, None, None] * task.base[:, :, None] * task.probability
    before = np.flatnonzero((weight > 0) & (task.next_state == state))
    cumulative = weight.ravel()[before].cumsum()
    drawn = before[np.searchsorted(cumulative, random.random() * cumulative[-1], side="right")]
    source, action, branch = np.unravel_index(drawn, weight.shape)
    return int(source), int(action), float(task.reward[source, action, branch])


def sampled_probes(environment: Environment, count: int = 48) -> Probes:
    """`count` contexts drawn uniformly, without replacement, from the steps of 64 episodes of the base,
    with the histories that led there. They belong to the task: the same whatever the run's seeds."""
    episodes = base_data(environment, environment.affordable(SURVEY_EPISODES)[0], (0,))
    visited = torch.nonzero(episodes.mask[0])
    chosen = np.random.default_rng(0).permutation(len(visited))[:count]
    which = visited[torch.from_numpy(np.sort(chosen)).to(visited.device)]
    return _ending_at(episodes, which[:, 0], which[:, 1])


def _ending_at(episodes: Trajectories, episode: Tensor, time: Tensor) -> Probes:
    """The first seed's episodes [P] up to and including the moments `time` [P], right-aligned."""
    length = int(time.max()) + 1
    moment = time[:, None] + torch.arange(1 - length, 1, device=time.device)
    begun, at = moment >= 0, (episode[:, None], moment.clamp(min=0))
    past = begun & (moment < time[:, None])  # the last action is not yet taken
    observations = episodes.observations[0][at]
    actions = episodes.actions[0][at]
    return Probes(
        observations=torch.where(begun if observations.dim() == 2 else begun[..., None], observations, 0),
        actions=torch.where(past if actions.dim() == 2 else past[..., None], actions, 0),
        rewards=torch.where(past, episodes.rewards[0][at], 0.0),
        time=time,
    )
