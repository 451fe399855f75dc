"""PPO (1707.06347) with generalised advantages (1506.02438), and with the base kept near if asked."""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.distributions.categorical import LOG_ZERO
from engine.learners.knobs import knob
from engine.learners.networks import Network
from engine.learners.optimiser import Adam
from engine.learners.policy import Policy, divergence, entropy
from engine.learners.trained import EPISODE_RETURN, GRADIENT_NORM, LOSS, STEP_ENTROPY, diagnostic
from engine.learners.unconditioned import Rewarded
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams

CLIP_NORM = 0.5  # the largest gradient norm of a seed, as in the paper's code
VALUE_WEIGHT = 0.5


@dataclass(frozen=True)
class PPOKnobs:
    """What may be turned."""

    learning_rate: float = knob(
        0.002, label="Learning rate", help="Step size of Adam.", low=1e-5, high=0.1, scale="log"
    )
    kl_weight: float = knob(
        0.1,
        label="KL weight β",
        help="What a nat of divergence from the base costs.",
        unit="reward per nat",
        low=0.001,
        high=10.0,
        scale="log",
    )
    kl_in: str = knob(
        "reward",
        label="KL in",
        help="Where the divergence is charged: on the reward, action by action (its optimum is the KL "
        "oracle); in the loss, exactly, at the contexts visited; or nowhere.",
        choices=("reward", "loss", "none"),
    )
    entropy_bonus: float = knob(
        0.0,
        label="Entropy bonus",
        help="What a nat of action entropy is worth at each step.",
        unit="reward per nat",
        low=0.0,
        high=1.0,
    )
    clip_range: float = knob(
        0.2,
        label="Clip range",
        help="How far the ratio of new to old probability is rewarded.",
        low=0.01,
        high=1.0,
    )
    target_kl: float = knob(
        0.03,
        label="Largest step",
        help="A seed stops its epochs once the policy is this far from the one that collected.",
        unit="nats",
        low=0.001,
        high=10.0,
        scale="log",
    )
    discount: float = knob(
        1.0,
        label="Discount γ",
        help="Worth of a reward one step later; 0.99 steadies long tasks such as CartPole.",
        low=0.9,
        high=1.0,
    )
    trace: float = knob(
        0.95,
        label="Advantage trace λ",
        help="1 trusts the rewards seen, 0 the value network.",
        low=0.0,
        high=1.0,
    )
    episodes: int = knob(
        32, label="Episodes", help="Episodes collected for each update.", low=1, high=1024, scale="log"
    )
    epochs: int = knob(4, label="Epochs", help="Passes over the collected steps.", low=1, high=50)
    minibatch: int = knob(
        256, label="Minibatch", help="Steps in one gradient step.", low=8, high=8192, scale="log"
    )


@dataclass(frozen=True)
class Batch:
    """Collected steps, flattened to rows: [S, B] each, with further axes as named.

    Attributes:
        observations: [S, B] or [S, B, D].
        times, actions: [S, B] int64.
        log_policy: [S, B, A] of the policy that collected.
        advantages: [S, B], mean 0 and deviation 1 over a seed's rows.
        values: [S, B] what the value network should say, in units of the environment's scale.
        unit: [S] the deviation that advantages were divided by, reward units.
        mask: [S, B] bool, the rows that count.
    """

    observations: Tensor
    times: Tensor
    actions: Tensor
    log_policy: Tensor
    advantages: Tensor
    values: Tensor
    unit: Tensor
    mask: Tensor

    def at(self, rows: Tensor) -> "Batch":
        """The rows [S, M] of each seed."""
        seed = torch.arange(len(rows), device=rows.device)[:, None]
        return Batch(
            observations=self.observations[seed, rows],
            times=self.times[seed, rows],
            actions=self.actions[seed, rows],
            log_policy=self.log_policy[seed, rows],
            advantages=self.advantages[seed, rows],
            values=self.values[seed, rows],
            unit=self.unit,
            mask=self.mask[seed, rows],
        )


class PPO(Rewarded):
    """Policy and value are networks of their own; on a tabular task both know the time."""

    name = "ppo"
    label = "PPO"
    help = "Clipped policy gradient with a value network, entropy bonus and a KL penalty to the base."
    Knobs = PPOKnobs
    diagnostics = (
        LOSS,
        GRADIENT_NORM,
        EPISODE_RETURN,
        STEP_ENTROPY,
        diagnostic("value_loss", "Value loss", "Mean squared error of the value network, scaled returns."),
        diagnostic("step_kl", "Policy step", "KL of the collecting policy to the updated one.", "nats"),
        diagnostic("gradient_steps", "Gradient steps", "Taken before the seed stopped early."),
    )
    knobs: PPOKnobs

    def __init__(
        self, environment: Environment, knobs: PPOKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        timed = environment.states > 0
        body = Network(environment, streams, environment.actions, timed=timed, conditioned=False)
        self.policy = Policy(environment, body)
        self.value = Network(environment, streams, 1, timed=timed, conditioned=False)
        self.optimiser = Adam([*self.policy.parameters(), *self.value.parameters()])

    @property
    def fixed(self) -> bool:
        """See :attr:`TrainedLearner.fixed`. When every seed has stopped is asked of the device."""
        return False

    def _update(self) -> dict[str, Tensor]:
        knobs = self.knobs
        batch, diagnostics = self._collected()
        active = torch.ones_like(batch.unit, dtype=torch.bool)
        last = {
            name: torch.zeros_like(batch.unit) for name in ("loss", "gradient_norm", "value_loss", "step_kl")
        }
        taken = torch.zeros_like(batch.unit)
        # All passes are drawn at once: where a seed stops must not move its stream.
        order_keys = self.streams.uniform(knobs.epochs, knobs.episodes, self.environment.horizon)
        longest = batch.mask.shape[1] // knobs.episodes
        rows_of = batch.mask.sum(dim=1, keepdim=True)
        for keys in order_keys.unbind(1):
            order = shuffled(keys[..., :longest].flatten(1), batch.mask)
            for first in range(0, int(rows_of.max()), knobs.minibatch):
                # The last minibatch of a pass is filled up from the pass's beginning.
                places = torch.arange(first, first + knobs.minibatch, device=order.device) % rows_of
                loss, value_loss, step_kl = self._losses(batch.at(order.gather(1, places)))
                active = active & (step_kl <= knobs.target_kl)
                turn = active & (first < rows_of[:, 0])
                norm = self.optimiser.step(
                    loss + VALUE_WEIGHT * value_loss, knobs.learning_rate, CLIP_NORM, turn
                )
                now = {"loss": loss, "gradient_norm": norm, "value_loss": value_loss, "step_kl": step_kl}
                last = {name: torch.where(turn, now[name].detach(), last[name]) for name in last}
                taken = taken + turn
            if not bool(active.any()):
                break
        reported = {**last, **diagnostics, "gradient_steps": taken}
        return {column.name: reported[column.name] for column in self.diagnostics}

    def _collected(self) -> tuple[Batch, dict[str, Tensor]]:
        """Whole episodes of the present policy, with advantages and targets for the value network."""
        knobs, environment = self.knobs, self.environment
        values: list[Tensor] = []
        act = self.actor(0.0)

        def acting(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:
            values.append(self._value(observation, time))
            return act(observation, action, reward, time)

        with torch.no_grad():
            episodes = self.gather(acting, knobs.episodes)
            after = torch.zeros_like(episodes.returns)
            if bool(episodes.truncated.any()):
                # A time limit foreign to the task ends the data, not the worth of the state it cut at.
                after = torch.where(episodes.truncated, self._value(episodes.final, 0), after)
            log_policy = episodes.probabilities.log().clamp(min=LOG_ZERO)
            rewards = episodes.rewards
            if knobs.kl_in == "reward":
                log_base = self.policy.log_base(episodes.observations)
                excess = (log_policy - log_base).gather(-1, episodes.actions[..., None])[..., 0]
                rewards = rewards - knobs.kl_weight * torch.where(episodes.mask, excess, 0.0)
            value = torch.stack(values, dim=2)
            advantages = generalised_advantages(
                rewards, value, after, episodes.mask, knobs.discount, knobs.trace
            )
            mask = episodes.mask.flatten(1)
            normal, unit = normalised(advantages.flatten(1), mask)
            steps = mask.sum(dim=1)
            entropies = torch.where(mask, entropy(log_policy).flatten(1), 0.0)
            batch = Batch(
                observations=episodes.observations.flatten(1, 2),
                times=torch.arange(value.shape[2], device=mask.device).expand_as(value).flatten(1),
                actions=episodes.actions.flatten(1),
                log_policy=log_policy.flatten(1, 2),
                advantages=normal,
                values=((advantages + value) / environment.scale).flatten(1),
                unit=unit,
                mask=mask,
            )
        return batch, {
            "episode_return": episodes.returns.mean(dim=1),
            "step_entropy": (entropies.double().sum(dim=1) / steps).float(),
        }

    def _value(self, observations: Tensor, time: int) -> Tensor:
        """[S, E] worth in reward units."""
        times = torch.full(observations.shape[:2], time, device=self.device)
        worth: Tensor = self.value(observations, times)[..., 0] * self.environment.scale
        return worth

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """[S] each: the clipped objective with its bonuses, the value error, and KL(old ‖ new)."""
        knobs = self.knobs
        log_policy, log_base = self.policy(batch.observations, batch.times)
        taken = batch.actions[..., None]
        ratio = (log_policy - batch.log_policy).gather(-1, taken)[..., 0].exp()
        gain = clipped_gain(ratio, batch.advantages, knobs.clip_range)
        # Advantages are in units of their deviation; the bonuses, in reward units, must be as well.
        bonus = knobs.entropy_bonus * entropy(log_policy)
        if knobs.kl_in == "loss":
            bonus = bonus - knobs.kl_weight * divergence(log_policy, log_base)
        loss = -(gain + bonus / batch.unit[:, None]).mean(dim=1)
        error = self.value(batch.observations, batch.times)[..., 0] - batch.values
        step = divergence(batch.log_policy, log_policy.detach())
        return loss, error.square().mean(dim=1), step.mean(dim=1)


def clipped_gain(ratio: Tensor, advantage: Tensor, clip_range: float) -> Tensor:
    """min(ρ A, clip(ρ, 1 − ε, 1 + ε) A): nothing is gained by going further the right way than ε."""
    return torch.minimum(ratio * advantage, ratio.clamp(1 - clip_range, 1 + clip_range) * advantage)


def generalised_advantages(
    rewards: Tensor, values: Tensor, after: Tensor, mask: Tensor, discount: float, trace: float
) -> Tensor:
    """A_t = Σ_l (γλ)^l δ_{t+l} with δ_t = r_t + γ V_{t+1} − V_t; 0 after an episode's end.

    Args:
        rewards, values, mask: [S, E, T].
        after: [S, E] the value of the observation each episode ended in: 0 where it terminated.
    """
    advantage, following = torch.zeros_like(after), after
    advantages = []
    for t in reversed(range(rewards.shape[2])):
        running = mask[..., t]
        delta = rewards[..., t] + discount * following - values[..., t]
        advantage = torch.where(running, delta + discount * trace * advantage, 0.0)
        following = torch.where(running, values[..., t], following)
        advantages.append(advantage)
    return torch.stack(advantages[::-1], dim=2)


def normalised(advantages: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Advantages [S, B] shifted to mean 0 and divided by their deviation over a seed's own rows, and
    that deviation [S]. Sums are in doubles: the length of the other seeds' episodes pads the rows, and
    must not show."""
    wide = torch.where(mask, advantages, 0.0).double()
    count = mask.sum(dim=1, keepdim=True)
    mean = wide.sum(dim=1, keepdim=True) / count
    centred = torch.where(mask, wide - mean, 0.0)
    unit = (centred.square().sum(dim=1, keepdim=True) / count).sqrt() + 1e-8
    return (centred / unit).float(), unit[:, 0].float()


def shuffled(keys: Tensor, mask: Tensor) -> Tensor:
    """[S, B] a random order of each seed's rows, the ones that count first."""
    return torch.where(mask, keys, 2.0).argsort(dim=1)
