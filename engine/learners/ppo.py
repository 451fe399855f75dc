"""PPO (1707.06347) with generalised advantages (1506.02438), and with the base kept near if asked.

Axes: S seeds, E episodes or environments, T steps, B rows, D features, A actions.
"""

import torch
from torch import Tensor

from engine.distributions.categorical import Categorical
from engine.learners.advantages import generalised_advantages, in_episodes, normalised
from engine.learners.heads import family_of
from engine.learners.networks import Network
from engine.learners.optimiser import EPSILON, Adam
from engine.learners.policy import Policy
from engine.learners.ppo_batch import Batch, Steps, shuffled
from engine.learners.ppo_knobs import PPOKnobs
from engine.learners.ppo_losses import Differentiated, Weighing
from engine.learners.ppo_written_out import WrittenOut
from engine.learners.trained import EPISODE_RETURN, GRADIENT_NORM, LOSS, STEP_ENTROPY, diagnostic
from engine.learners.unconditioned import Rewarded
from engine.tasks.environment import Environment
from engine.tasks.segments import Collector
from engine.tasks.streams import Streams

CLIP_NORM = 0.5  # the largest gradient norm of a seed, as in the paper's code
VALUE_WEIGHT = 0.5
PUBLISHED_VALUE_WEIGHT = 0.25  # half of half the squared error
PUBLISHED_EPSILON = 1e-5  # of Adam


class PPO(Rewarded):
    """Policy and value are networks of their own; on a tabular task both know the time."""

    name = "ppo"
    in_boxes = True
    label = "PPO"
    help = "Clipped policy gradient with a value network, entropy bonus and a KL penalty to the base."
    Knobs = PPOKnobs
    diagnostics = (
        LOSS,
        GRADIENT_NORM,
        EPISODE_RETURN,
        STEP_ENTROPY,
        diagnostic("value_loss", "Value loss", "Mean squared error of the value network, scaled returns."),
        diagnostic(
            "step_kl",
            "Policy step",
            "KL of the collecting policy to the updated one; of a mixture, a bound from above.",
            "nats",
        ),
        diagnostic("gradient_steps", "Gradient steps", "Taken before the seed stopped early."),
    )
    knobs: PPOKnobs

    def __init__(
        self, environment: Environment, knobs: PPOKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.published = knobs.details == "published"
        self.value_unit = 1.0 if self.published else environment.scale
        self.family = family_of(environment, knobs.head)

        def network(outputs: int, gain: float) -> Network:
            return Network(
                environment,
                streams,
                outputs,
                timed=environment.states > 0,
                conditioned=False,
                tanh=knobs.activation == "tanh",
                gain=gain if self.published else 0.0,
            )

        self.policy = Policy(environment, network(self.family.outputs, 0.01), family=self.family)
        self.value = network(1, 1.0)
        epsilon = PUBLISHED_EPSILON if self.published else EPSILON
        self.optimiser = Adam([*self.policy.parameters(), *self.value.parameters()], epsilon)
        written_out = isinstance(self.family, Categorical) and self.value.plain
        self.losses: WrittenOut | Differentiated = (WrittenOut if written_out else Differentiated)(
            self.policy, self.value, self.optimiser
        )
        self.collector: Collector | None = None
        if knobs.collect == "steps":
            endless = environment.endless(knobs.environments, streams)
            if endless is not None:
                self.collector = Collector(endless, self.family, streams)

    @property
    def fixed(self) -> bool:
        """See :attr:`TrainedLearner.fixed`. An annealed rate is another number at every update."""
        on_tensors = (
            self.environment.states > 0 if self.collector is None else self.collector.endless.repeatable
        )
        return on_tensors and not self.knobs.anneal

    def _update(self) -> dict[str, Tensor]:
        knobs = self.knobs
        with torch.no_grad():
            steps, episode_return = (
                self._episodes() if self.collector is None else self._segment(self.collector)
            )
            batch, unit, diagnostics = self._batch(steps)
        active = torch.ones_like(unit, dtype=torch.bool)
        last = {name: torch.zeros_like(unit) for name in ("loss", "gradient_norm", "value_loss", "step_kl")}
        taken = torch.zeros_like(unit)
        mask = steps.mask.flatten(1)
        count = mask.sum(dim=1, keepdim=True)
        # Asking what is left to do saves work; an update to be captured may ask nothing.
        asks = self.streams.tape is None
        longest = int(count.max()) if asks else mask.shape[1]
        firsts = range(0, longest, knobs.minibatch)
        # The last minibatch of a pass is filled up from the pass's beginning.
        places = torch.arange(len(firsts) * knobs.minibatch, device=mask.device) % count
        rate = knobs.learning_rate * (max(0.0, 1 - self.updates / knobs.anneal) if knobs.anneal else 1.0)
        for keys in self._keys(steps.mask.shape[2]).unbind(1):
            shuffle = batch.at(shuffled(keys.flatten(1), mask).gather(1, places))
            if self.published:
                shuffle = shuffle.normalised(knobs.minibatch)
            for first, minibatch in zip(firsts, shuffle.minibatches(knobs.minibatch), strict=True):
                losses = self.losses(minibatch, unit, self.weighing)
                active = active & (losses.step_kl <= knobs.target_kl)
                turn = active & (first < count[:, 0])
                some = None if asks and bool(turn.all()) else turn
                norm = self.optimiser.descend(losses.gradient, rate, CLIP_NORM, some)
                now: tuple[Tensor, ...] = (losses.policy, norm, losses.value, losses.step_kl)
                if some is not None:
                    now = tuple(torch.where(turn, *pair) for pair in zip(now, last.values(), strict=True))
                last = dict(zip(last, now, strict=True))
                taken = taken + turn
            if asks and not bool(active.any()):
                break
        return {**last, **diagnostics, "episode_return": episode_return, "gradient_steps": taken}

    @property
    def weighing(self) -> Weighing:
        """What the knobs say of the loss."""
        knobs = self.knobs
        return Weighing(
            clip_range=knobs.clip_range,
            clip_value=knobs.clip_value,
            entropy=knobs.entropy_bonus,
            divergence=knobs.kl_weight if knobs.kl_in == "loss" else 0.0,
            value=PUBLISHED_VALUE_WEIGHT if self.published else VALUE_WEIGHT,
        )

    def _keys(self, steps: int) -> Tensor:
        """[S, epochs, E, T] random numbers to order the `steps` by. All passes are drawn at once, and for the
        longest episodes that there are: neither where a seed stops nor how long it took moves its stream."""
        knobs = self.knobs
        if self.collector:
            return self.streams.uniform(knobs.epochs, knobs.environments, knobs.steps)
        return self.streams.uniform(knobs.epochs, knobs.episodes, self.environment.horizon)[..., :steps]

    def _segment(self, collector: Collector) -> tuple[Steps, Tensor]:
        """Steps of environments that never stop, and the mean return [S] of the episodes they ended."""
        segment = collector.collect(self.told, self.knobs.steps)
        if self.gathered is not None:
            self.gathered.append(segment)
        times = torch.zeros_like(segment.ended, dtype=torch.int64)
        # A time limit foreign to the task ends the data, not the worth of the state it cut at; nor does the
        # end of the segment.
        worth = self._values(segment.following, times)
        steps = Steps(
            observations=segment.observations,
            times=times,
            actions=segment.actions,
            rewards=segment.rewards,
            probabilities=segment.probabilities,
            values=self._values(segment.observations, times),
            following=torch.where(segment.terminated, 0.0, worth),
            ended=segment.ended,
            mask=torch.ones_like(segment.ended),
        )
        return steps, collector.episode_return

    def told(self, observations: Tensor) -> Tensor:
        """How the policy acts, as the family tells it, [S, E, Q] at observations [S, E, D]."""
        return self.policy.acted_by(self.losses.own(observations), observations)

    def _episodes(self) -> tuple[Steps, Tensor]:
        """Whole episodes, and their mean return [S]."""
        values: list[Tensor] = []
        act = self.actor(0.0)

        def acting(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:
            values.append(self._values(observation, torch.full_like(reward, time, dtype=torch.int64)))
            return act(observation, action, reward, time)

        episodes = self.gather(acting, self.knobs.episodes)
        after = torch.zeros_like(episodes.returns)
        if self.environment.states == 0:  # no tabular task is ever cut
            cut = self._values(episodes.final, torch.zeros_like(episodes.outcome))
            after = torch.where(episodes.truncated, cut, after)
        value = torch.stack(values, dim=2)
        following, ended = in_episodes(value, after, episodes.mask)
        steps = Steps(
            observations=episodes.observations,
            times=torch.arange(value.shape[2], device=value.device).expand_as(value),
            actions=episodes.actions,
            rewards=episodes.rewards,
            probabilities=episodes.probabilities,
            values=value,
            following=following,
            ended=ended,
            mask=episodes.mask,
        )
        return steps, episodes.returns.mean(dim=1)

    def _batch(self, steps: Steps) -> tuple[Batch, Tensor, dict[str, Tensor]]:
        """The steps as rows, the deviation [S] that advantages were divided by, in reward units, and what is
        told of the steps."""
        knobs = self.knobs
        policy = self.family.rows_of(steps.probabilities)
        chosen = self.family.log_probability(policy, steps.actions)
        rewards = steps.rewards
        if knobs.kl_in == "reward":
            base = self.family.log_base(self.policy.log_base(steps.observations), steps.actions)
            rewards = rewards - knobs.kl_weight * torch.where(steps.mask, chosen - base, 0.0)
        advantages = generalised_advantages(
            rewards, steps.values, steps.following, steps.ended, knobs.discount, knobs.trace
        )
        mask = steps.mask.flatten(1)
        normal, unit = normalised(advantages.flatten(1), mask)
        if self.published:  # the bonuses count as they are
            unit = torch.ones_like(unit)
        batch = Batch(
            observations=steps.observations.flatten(1, 2),
            times=steps.times.flatten(1),
            actions=steps.actions.flatten(1, 2),
            policy=policy.flatten(1, 2),
            chosen=chosen.flatten(1),
            advantages=normal,
            before=(steps.values / self.value_unit).flatten(1),
            values=((advantages + steps.values) / self.value_unit).flatten(1),
        )
        entropies = torch.where(mask, self.family.entropy_below(policy).flatten(1), 0.0)
        step_entropy = (entropies.double().sum(dim=1) / mask.sum(dim=1)).float()
        return batch, unit, {"step_entropy": step_entropy}

    def _values(self, observations: Tensor, times: Tensor) -> Tensor:
        """Worth [S, …] in reward units of observations [S, …] or [S, …, D] at times [S, …]."""
        rows = observations.flatten(1, times.dim() - 1)
        worth = self.losses.worth(rows, times.flatten(1)) * self.value_unit
        return worth.reshape(times.shape)

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Learner.state`."""
        held = {} if self.collector is None else self.collector.state()
        return {**super().state(), **{f"collector.{name}": tensor for name, tensor in held.items()}}

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Learner.load`."""
        super().load(state)
        if self.collector is not None:
            prefix = "collector."
            self.collector.load(
                {name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)}
            )
