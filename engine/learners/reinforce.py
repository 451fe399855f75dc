"""REINFORCE (Williams 1992): raise the logarithm of what was done, in proportion to what it earned."""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.errors import UserError
from engine.learners.common_knobs import entropy_bonus_knob, episodes_knob
from engine.learners.heads import BINS, GAUSSIAN, MIXTURE, family_of, head_knob
from engine.learners.knobs import knob
from engine.learners.networks import Network
from engine.learners.optimiser import Adam, Plain
from engine.learners.policy import Policy, Table, body_knob
from engine.learners.rollouts import read_table
from engine.learners.rows import Rows, in_pieces, total
from engine.learners.trained import EPISODE_RETURN, GRADIENT_NORM, LOSS, STEP_ENTROPY
from engine.learners.unconditioned import Rewarded
from engine.learners.values import state_values
from engine.tasks.dataset import Trajectories
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment


@dataclass(frozen=True)
class ReinforceKnobs:
    """What may be turned."""

    learning_rate: float = knob(
        0.05, label="Learning rate", help="Step size.", low=1e-5, high=1.0, scale="log"
    )
    entropy_bonus: float = entropy_bonus_knob()
    baseline: str = knob(
        "mean",
        label="Baseline",
        help="What is taken off the return: nothing; the mean of the other episodes that got as far; or, on "
        "a tabular task, the exact value of the state.",
        choices=("none", "mean", "exact"),
        steerable=False,
    )
    episodes: int = episodes_knob(32)
    start: str = knob(
        "base",
        label="Starts from",
        help="The base, whose support it then never leaves; or all actions alike, which can find what the "
        "data never show.",
        choices=("base", "uniform"),
        steerable=False,
    )
    optimiser: str = knob(
        "adam",
        label="Optimiser",
        help="How the gradient is used: through Adam, or plainly as published.",
        choices=("adam", "plain"),
        steerable=False,
    )
    body: str = body_knob("table")
    head: str = head_knob(GAUSSIAN, GAUSSIAN, MIXTURE, BINS)


class Reinforce(Rewarded):
    """A table of logits or a network over the observation; neither knows the time."""

    name = "reinforce"
    in_boxes = True
    label = "REINFORCE"
    help = "Policy gradient from whole episodes. Nothing holds it to the base, so it collapses."
    Knobs = ReinforceKnobs
    diagnostics = (LOSS, GRADIENT_NORM, EPISODE_RETURN, STEP_ENTROPY)
    knobs: ReinforceKnobs

    def __init__(
        self, environment: Environment, knobs: ReinforceKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        if knobs.baseline == "exact" and not environment.states:
            raise UserError(
                f"learner {self.name}: task {environment.name} has no exact values; "
                "allowed baselines: none, mean"
            )
        self.family = family_of(environment, knobs.head)
        body: Table | Network
        if environment.states and knobs.body == "table":
            body = Table(environment, streams)
        else:
            body = Network(environment, streams, self.family.outputs, timed=False, conditioned=False)
        self.policy = Policy(environment, body, from_base=knobs.start == "base", family=self.family)
        parameters = list(self.policy.parameters())
        self.optimiser = Adam(parameters) if knobs.optimiser == "adam" else Plain(parameters)

    def _update(self) -> dict[str, Tensor]:
        knobs = self.knobs
        with torch.no_grad():
            episodes = self.gather(self.actor(0.0), knobs.episodes)
            advantages = episodes.returns_to_go
            if knobs.baseline == "mean":
                advantages = advantages - mean_of_the_others(advantages, episodes.mask)
            elif isinstance(self.environment, TabularEnvironment) and knobs.baseline == "exact":
                advantages = advantages - self._values(self.environment, episodes.observations)
        pieces = in_pieces(self.environment, episodes.mask)
        gains, entropies = zip(*(self._summed(episodes, advantages, rows) for rows in pieces), strict=True)
        loss = -total(gains) / knobs.episodes
        norm = self.optimiser.step(loss, knobs.learning_rate)
        return {
            "loss": loss.detach(),
            "gradient_norm": norm,
            "episode_return": episodes.returns.mean(dim=1),
            "step_entropy": total(entropies).detach() / episodes.mask.flatten(1).sum(dim=1),
        }

    def _summed(self, episodes: Trajectories, advantages: Tensor, rows: Rows) -> tuple[Tensor, Tensor]:
        """Sums [S] over these rows: of A ln π with the bonus, and of the entropy."""
        time = torch.arange(episodes.mask.shape[2], device=self.device).expand_as(episodes.mask)
        policy, _ = self.policy(rows.of(episodes.observations), rows.of(time))
        log_taken = self.family.log_probability(policy, rows.of(episodes.actions))
        entropies = self.family.entropy_below(policy)
        gain = rows.of(advantages) * log_taken + self.knobs.entropy_bonus * entropies
        return rows.summed(gain), rows.summed(entropies)

    def _values(self, environment: TabularEnvironment, observations: Tensor) -> Tensor:
        """[S, E, T] the present policy's exact value of each state visited, at its time."""
        values = state_values(environment, self.policy.table()[:, 0])
        time = torch.arange(observations.shape[2], device=observations.device)
        return read_table(
            values.flatten(1, 2), (time * environment.states + observations).flatten(1)
        ).reshape(observations.shape)


def mean_of_the_others(returns_to_go: Tensor, mask: Tensor) -> Tensor:
    """[S, E, T] mean return to go of the *other* episodes still running at each time; 0 without any.

    An episode's own return must stay out, or the estimate of the gradient would be biased.
    """
    running = mask.float()
    others = running.sum(dim=1, keepdim=True) - running
    total = (returns_to_go * running).sum(dim=1, keepdim=True) - returns_to_go * running
    return total / others.clamp(min=1.0)
