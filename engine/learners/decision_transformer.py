"""Decision Transformer (2106.01345) with a categorical head: the action as the next token.

Every task here has discrete actions, and the head gives each of them its probability, trained by
cross-entropy, as the paper's own on Atari. Its head for continuous actions is deterministic, trained by
squared error: it keeps no distribution, so that nothing of what this program measures could be asked of it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.learners.base import Probes
from engine.learners.knobs import knob
from engine.learners.optimiser import Adam
from engine.learners.predictor import Predictor, PredictorKnobs
from engine.learners.trained import GRADIENT_NORM, LOSS
from engine.learners.transformer import HEADS, TOKENS, Transformer, causal
from engine.tasks.dataset import Act, Windows
from engine.tasks.environment import Environment
from engine.tasks.sources import training_data
from engine.tasks.streams import Streams

LONGEST_CONTEXT = 20  # steps, as in the paper
WIDTH = 32
CLIP_NORM = 1.0  # the largest gradient norm of a seed


@dataclass(frozen=True)
class DecisionTransformerKnobs(PredictorKnobs):
    """What may be turned."""

    batch: int = knob(
        128, label="Batch", help="Stretches of episodes in one update.", low=1, high=1024, scale="log"
    )


class DecisionTransformer(Predictor):
    """One causal block over (return to go, observation, action); its policy depends on the history."""

    name = "decision_transformer"
    label = "Decision Transformer"
    help = "Supervised: a small causal transformer that predicts the base's actions from the history."
    markov = False
    from_data = True
    Knobs = DecisionTransformerKnobs
    diagnostics = (LOSS, GRADIENT_NORM)
    knobs: DecisionTransformerKnobs

    def __init__(
        self,
        environment: Environment,
        knobs: DecisionTransformerKnobs,
        streams: Streams,
        device: torch.device,
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.context = min(LONGEST_CONTEXT, environment.horizon)
        self.network = Transformer(environment, streams, WIDTH)
        self.optimiser = Adam(list(self.network.parameters()))
        self.windows = Windows(
            training_data(environment, knobs.data_episodes, streams.seeds), self.context, environment.levels
        )
        self.mask = causal(self.context, device)

    def _update(self) -> dict[str, Tensor]:
        window = self.windows.drawn(self.streams, self.knobs.batch)
        logits = self.network(
            window.returns_to_go, window.observations, window.actions, window.times, self.mask
        )
        log_policy = functional.log_softmax(logits, dim=-1)
        surprise = -log_policy.gather(-1, window.actions[..., None])[..., 0]
        # Weights are 0 where a window is longer than its episode: padding stays out of the mean.
        loss = (surprise * window.weights).flatten(1).sum(dim=1) / window.weights.flatten(1).sum(dim=1)
        norm = self.optimiser.step(loss, self.knobs.learning_rate, CLIP_NORM)
        return {"loss": loss.detach(), "gradient_norm": norm}

    def policy_table(self, targets: Tensor) -> Tensor:
        """Not defined: the policy depends on more than state, time and return to go."""
        raise NotImplementedError("the Decision Transformer's policy depends on the history")

    def probabilities(self, probes: Probes, targets: Tensor) -> Tensor:
        """See :meth:`Learner.probabilities`. Only the context's worth of each history is read."""
        seeds, length = len(self.streams.seeds), min(self.context, probes.actions.shape[1])
        observations, actions = probes.observations[:, -length:], probes.actions[:, -length:]
        earned = probes.rewards.cumsum(dim=1) - probes.rewards  # before each step
        asked = targets[:, None, None] - earned[:, -length:]  # [T, P, L]
        back = torch.arange(length - 1, -1, -1, device=self.device)
        times = probes.time[:, None] - back  # [P, L], negative before the episode began
        offered = (times >= 0).repeat_interleave(TOKENS, dim=1)[:, None]  # [P, 1, 3 L]
        # A step before the beginning is not attended to; that its own token may see itself keeps the
        # rows that nobody reads from dividing by zero.
        own = (
            torch.arange(TOKENS * length, device=self.device)
            == TOKENS * torch.arange(length, device=self.device)[:, None] + 1
        )
        mask = causal(length, self.device) & (offered | own)  # [P, L, 3 L]

        def everywhere(column: Tensor) -> Tensor:  # [P, L, …] -> [S, T * P, L, …]
            return column.expand(seeds, len(targets), *column.shape).flatten(1, 2)

        with torch.no_grad():
            logits = self.network(
                asked.expand(seeds, *asked.shape).flatten(1, 2),
                everywhere(observations),
                everywhere(actions),
                everywhere(times.clamp(min=0)),
                mask.repeat(seeds * len(targets), 1, 1)[:, None],
            )[:, :, -1]
        return functional.softmax(logits, dim=-1).reshape(seeds, len(targets), len(times), -1)

    def actor(self, target: float) -> Act:
        """See :meth:`Learner.actor`. Keys and values of past steps are kept, not recomputed."""
        network, context = self.network, self.context
        slots = torch.arange(TOKENS * context, device=self.device)
        keys = values = asked = torch.empty(0)

        def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:
            nonlocal keys, values, asked
            shape = observation.shape[:2]
            if time == 0:
                asked = torch.full(shape, target, device=self.device)
                keys = torch.zeros(*shape, len(slots), HEADS, WIDTH // HEADS, device=self.device)
                values = torch.zeros_like(keys)
            asked = asked - reward
            # Three tokens are new: the action before (at time 0 there is none: its slot stays masked),
            # and this step's return to go and observation.
            parts = torch.stack(network.parts(asked, observation, action), dim=2)
            times = torch.tensor([time, time, max(0, time - 1)], device=self.device).expand(*shape, -1)
            tokens = network.tokens(parts, times)
            now = TOKENS * (time % context)
            places = [now, now + 1, TOKENS * ((time - 1) % context) + 2]
            new_keys, new_values = network.keys_values(tokens.flatten(1, 2))
            apart = (*shape, TOKENS, HEADS, WIDTH // HEADS)
            keys[:, :, places] = new_keys.reshape(apart)
            values[:, :, places] = new_values.reshape(apart)
            # Slots are reused in a ring; the one of this step's action still holds a step out of sight.
            mask = (slots < TOKENS * (time + 1)) & (slots != now + 2)
            logits = network.answer(tokens[:, :, 1].unsqueeze(2), keys, values, mask[None])
            return functional.softmax(logits[:, :, 0], dim=-1)

        return act
