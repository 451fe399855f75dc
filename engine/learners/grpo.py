"""GRPO (2402.03300) and its unbiased variant, Dr. GRPO (2503.20783): PPO's clipped step with no value
network. Episodes come in groups from the same start, and each is judged against its group.

Axes: S seeds, E episodes (groups × size), T steps, A actions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.learners.common_knobs import clip_range_knob, learning_rate_knob
from engine.learners.heads import BINS, GAUSSIAN, MIXTURE, family_of, head_knob
from engine.learners.knobs import knob
from engine.learners.networks import Network
from engine.learners.optimiser import Adam
from engine.learners.policy import Policy, TimedTable, body_knob
from engine.learners.ppo_losses import clipped_gain
from engine.learners.rows import Rows, in_pieces, total
from engine.learners.trained import EPISODE_RETURN, GRADIENT_NORM, LOSS, STEP_ENTROPY, diagnostic
from engine.learners.unconditioned import Rewarded
from engine.tasks.dataset import Trajectories
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams

CLIP_NORM = 1.0  # the largest gradient norm of a seed
SMALLEST = 1e-4  # reward units, added to a group's deviation: a group of equals divides by this


@dataclass(frozen=True)
class GRPOKnobs:
    """What may be turned."""

    learning_rate: float = learning_rate_knob(0.002)
    variant: str = knob(
        "grpo",
        label="Variant",
        help="grpo: advantages are divided by the group's deviation, and each episode's steps are averaged. "
        "token mean: divided as well, but all steps weigh alike, however long their episode. unbiased: "
        "neither, so that the gradient is that of the expected return.",
        choices=("grpo", "token mean", "unbiased"),
    )
    kl_weight: float = knob(
        0.1,
        label="KL weight β",
        help="What a nat of divergence from the base costs, step by step, exactly (of a mixture, a bound "
        "from above), in the loss; as grpo and token mean divide the reward, not this, it is in their units.",
        unit="reward per nat",
        low=0.0,
        high=10.0,
    )
    clip_range: float = clip_range_knob()
    group: int = knob(
        8,
        label="Group size",
        help="Episodes from the same start, judged against each other.",
        unit="episodes",
        low=2,
        high=256,
        scale="log",
    )
    groups: int = knob(
        4, label="Groups", help="Groups collected for each update.", low=1, high=256, scale="log"
    )
    epochs: int = knob(2, label="Epochs", help="Gradient steps on the collected groups.", low=1, high=50)
    body: str = body_knob("network")
    head: str = head_knob(GAUSSIAN, GAUSSIAN, MIXTURE, BINS)


class GRPO(Rewarded):
    """The policy starts at the base; on a tabular task it knows the time.

    An episode's own return is part of its group's mean, as published. The unbiased gradient of the
    expected return is therefore scaled by 1 − 1/G, and the divergence charged is not: on a single
    choice the unbiased variant's optimum is the KL oracle at β G/(G − 1).
    """

    name = "grpo"
    in_boxes = True
    label = "GRPO"
    help = "Policy gradient without a value network: each episode is judged against others from its start."
    Knobs = GRPOKnobs
    diagnostics = (
        LOSS,
        GRADIENT_NORM,
        EPISODE_RETURN,
        STEP_ENTROPY,
        diagnostic(
            "telling_groups",
            "Telling groups",
            "Share of the groups whose returns differ; the others teach nothing.",
        ),
        diagnostic(
            "clipped", "Clipped", "Share of the steps whose ratio the last gradient step did not follow."
        ),
        diagnostic(
            "base_divergence",
            "Divergence",
            "Mean KL to the base at the steps learned from; of a mixture, a bound from above.",
            "nats a step",
        ),
    )
    knobs: GRPOKnobs

    def __init__(
        self, environment: Environment, knobs: GRPOKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.family = family_of(environment, knobs.head)
        body: Network | TimedTable
        if environment.states and knobs.body == "table":
            body = TimedTable(environment, streams)
        else:
            timed = environment.states > 0
            body = Network(environment, streams, self.family.outputs, timed=timed, conditioned=False)
        self.policy = Policy(environment, body, family=self.family)
        self.optimiser = Adam(list(self.policy.parameters()))

    def _update(self) -> dict[str, Tensor]:
        knobs = self.knobs
        with torch.no_grad():
            episodes = self.gather(self.actor(0.0), knobs.group * knobs.groups, group=knobs.group)
            divided = knobs.variant != "unbiased"
            advantages, telling = group_relative(episodes.returns, knobs.group, divided=divided)
            weights = step_weights(episodes.mask, knobs.variant)
        pieces = in_pieces(self.environment, episodes.mask)
        for _ in range(knobs.epochs):
            parts = [self._loss(episodes, advantages[..., None], weights, rows) for rows in pieces]
            loss, *seen = (total(column) for column in zip(*parts, strict=True))
            norm = self.optimiser.step(loss, knobs.learning_rate, CLIP_NORM)
        steps = episodes.mask.flatten(1).sum(dim=1)
        entropies, stuck, apart = (one / steps for one in seen)
        return {
            "loss": loss.detach(),
            "gradient_norm": norm,
            "episode_return": episodes.returns.mean(dim=1),
            "step_entropy": entropies,
            "telling_groups": telling,
            "clipped": stuck,
            "base_divergence": apart,
        }

    def _loss(
        self, episodes: Trajectories, advantages: Tensor, weights: Tensor, rows: Rows
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Sums [S] over these rows: the loss; entropies; how many were clipped; divergences from the base."""
        knobs = self.knobs
        time = torch.arange(episodes.mask.shape[2], device=self.device).expand_as(episodes.mask)
        policy, log_base = self.policy(rows.of(episodes.observations), rows.of(time))
        taken, family = rows.of(episodes.actions), self.family
        before = family.log_probability(family.rows_of(rows.of(episodes.probabilities)), taken)
        ratio = (family.log_probability(policy, taken) - before).exp()
        advantage = rows.of(advantages.expand_as(weights))
        gain = clipped_gain(ratio, advantage, knobs.clip_range)
        apart = family.from_base_above(policy, log_base)
        loss = -rows.summed(rows.of(weights) * (gain - knobs.kl_weight * apart))
        with torch.no_grad():
            stuck = rows.summed((gain != ratio * advantage).float())
            return loss, rows.summed(family.entropy_below(policy)), stuck, rows.summed(apart)


def group_relative(returns: Tensor, group: int, *, divided: bool) -> tuple[Tensor, Tensor]:
    """[S, E] each return less the mean of its group, over the group's deviation if `divided`; and [S] the
    share of groups in which returns differ.

    The deviation is the population's, √(Σ (R − mean)² / G).
    """
    grouped = returns.double().reshape(len(returns), -1, group)
    centred = grouped - grouped.mean(dim=2, keepdim=True)
    deviation = centred.square().mean(dim=2, keepdim=True).sqrt()
    telling = (grouped.amax(dim=2) > grouped.amin(dim=2)).double().mean(dim=1)
    if divided:
        centred = centred / (deviation + SMALLEST)
    return centred.flatten(1).float(), telling.float()


def step_weights(mask: Tensor, variant: str) -> Tensor:
    """[S, E, T] what each step of episodes [S, E, T] weighs in the loss; 0 after an episode's end.

    grpo: 1 / (E · length of its episode), so that every episode weighs the same (2402.03300, eq. 3).
    token mean: 1 / all steps of the seed (2503.14476, eq. 8). unbiased: 1 / E (2503.20783, eq. 4).
    """
    running = mask.float()
    if variant == "unbiased":
        return running / mask.shape[1]
    if variant == "token mean":
        return running / running.sum(dim=(1, 2), keepdim=True)
    return running / running.sum(dim=2, keepdim=True) / mask.shape[1]
