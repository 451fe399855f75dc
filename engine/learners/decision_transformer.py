"""A small Decision Transformer (2106.01345) with a categorical head: the action as the next token.

It is made for this program's tasks: one block, so that what it keeps of past steps while acting is exact
however long the episode; bounded scores, so that no seed looks away from the return to go for good; and
only what predicts is computed. The architecture as published is in `published_transformer.py`.

The head gives each of numbered actions its probability, trained by cross-entropy, as the paper's own on
Atari. In a box it keeps a distribution too; the paper's head is deterministic there, and is offered, under
that name, with the architecture as published.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.learners.knobs import knob
from engine.learners.optimiser import Adam
from engine.learners.predictor import PredictorKnobs
from engine.learners.sequence_predictor import SequencePredictor
from engine.learners.transformer import HEADS, TOKENS, Transformer
from engine.tasks.dataset import Act, Window
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams

LONGEST_CONTEXT = 20  # steps, as in the paper
WIDTH = 32


@dataclass(frozen=True)
class DecisionTransformerKnobs(PredictorKnobs):
    """What may be turned."""

    batch: int = knob(
        128, label="Batch", help="Stretches of episodes in one update.", low=1, high=1024, scale="log"
    )


class DecisionTransformer(SequencePredictor):
    """One causal block over (return to go, observation, action); its policy depends on the history."""

    name = "decision_transformer"
    label = "Decision Transformer"
    help = "Supervised: a small causal transformer that predicts the base's actions from the history."
    Knobs = DecisionTransformerKnobs
    knobs: DecisionTransformerKnobs
    network: Transformer

    def __init__(
        self,
        environment: Environment,
        knobs: DecisionTransformerKnobs,
        streams: Streams,
        device: torch.device,
    ) -> None:
        super().__init__(environment, knobs, streams, device, LONGEST_CONTEXT)
        self.network = Transformer(environment, streams, WIDTH, self.family.outputs)
        self.optimiser = Adam(list(self.network.parameters()))

    def logits(self, window: Window, *, training: bool) -> Tensor:  # noqa: ARG002
        """See :meth:`SequencePredictor.logits`."""
        logits: Tensor = self.network(window.returns_to_go, window.observations, window.actions, window.times)
        return logits

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
            before = TOKENS * ((time - 1) % context) + 2
            apart = (*shape, TOKENS, HEADS, WIDTH // HEADS)
            for kept, new in zip((keys, values), network.keys_values(tokens.flatten(1, 2)), strict=True):
                of_tokens = new.reshape(apart)
                kept[:, :, now : now + 2] = of_tokens[:, :, :2]
                kept[:, :, before] = of_tokens[:, :, 2]
            # Slots are reused in a ring; the one of this step's action still holds a step out of sight.
            seen = min(TOKENS * (time + 1), len(slots))  # the rest is empty yet
            mask = slots[:seen] != now + 2
            logits = network.answer(
                tokens[:, :, 1].unsqueeze(2), keys[:, :, :seen], values[:, :, :seen], mask[None]
            )
            return self.family.acted_by(logits[:, :, 0])

        return act
