"""The Decision Transformer as published (2106.01345, algorithm 1). Its head is categorical for numbered
actions; in a box it keeps a distribution, or is the published one, deterministic and named so.

Its sizes are the paper's for Gym: three GPT-2 blocks with rectifiers, one head, width 128, the last 20
steps, dropout of a tenth. Three tokens a step, the time added to each, normalised, and the action read at
the observation's. Of the last block only that one is computed, which is what the loss depends on.

It is optimised by AdamW, as published. The paper's step size of 1e-4, reached over 10,000 updates, is meant
for runs of 100,000; the default is higher and holds from the first update on.

With *one* token a step the return to go, the observation and the action *before* are summed instead:
a third of the tokens, and every one of them predicts. The first of a window knows of no action before.

Axes: S seeds, B sequences, L steps, K tokens, d width, A actions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.errors import UserError
from engine.learners.common_knobs import learning_rate_knob
from engine.learners.gpt2 import EVERY, Block, Dropped, as_gpt2, dropout, each, whole
from engine.learners.heads import BINS, DETERMINISTIC, GAUSSIAN, MIXTURE, family_of, head_knob
from engine.learners.knobs import knob
from engine.learners.layers import Linear, Norm
from engine.learners.optimiser import AdamW
from engine.learners.parts import Parts
from engine.learners.predictor import PredictorKnobs
from engine.learners.sequence_predictor import SequencePredictor
from engine.tasks.dataset import Act, Window
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


@dataclass(frozen=True)
class PublishedTransformerKnobs(PredictorKnobs):
    """What may be turned."""

    learning_rate: float = learning_rate_knob(0.001)
    warm_up: int = knob(
        0,
        label="Warm-up",
        help="Updates over which the step size rises in equal steps; 10000 in the paper.",
        unit="updates",
        low=0,
        high=100_000,
    )
    weight_decay: float = knob(
        1e-4,
        label="Weight decay",
        help="Share of each weight that an update takes off, times the step size (AdamW).",
        low=0.0,
        high=1.0,
        steerable=False,
    )
    batch: int = knob(
        64, label="Batch", help="Stretches of episodes in one update.", low=1, high=1024, scale="log"
    )
    tokens: str = knob(
        "three",
        label="Tokens a step",
        help="Three, as published; or one, their sum with the action before: faster, and not the paper's.",
        choices=("three", "one"),
        steerable=False,
    )
    context: int = knob(
        20,
        label="Context",
        help="Steps that are seen.",
        unit="steps",
        low=1,
        high=100,
        scale="log",
        steerable=False,
    )
    layers: int = knob(3, label="Layers", help="Blocks, one upon the other.", low=1, high=12, steerable=False)
    heads: int = knob(
        1, label="Heads", help="Of attention; they divide the width.", low=1, high=16, steerable=False
    )
    width: int = knob(
        128, label="Width", help="Numbers in a token.", low=8, high=512, scale="log", steerable=False
    )
    dropout: float = knob(
        0.1, label="Dropout", help="Share of activations left out of each update.", low=0.0, high=0.9
    )
    head: str = head_knob(MIXTURE, MIXTURE, GAUSSIAN, BINS, DETERMINISTIC)


class PublishedNetwork(nn.Module):
    """Logits of the action at each observation, from the steps up to it."""

    def __init__(self, environment: Environment, knobs: PublishedTransformerKnobs, streams: Streams) -> None:
        super().__init__()
        width = knobs.width
        self.one = knobs.tokens == "one"
        self.nothing = environment.actions  # stands for no action before
        self.asking = EVERY if self.one else slice(1, None, 3)
        self.embed = Parts(environment, width, streams, environment.actions + self.one)
        self.embedded = Norm(width, streams)
        self.blocks = nn.ModuleList(Block(width, knobs.heads, streams) for _ in range(knobs.layers))
        self.final = Norm(width, streams)
        outputs = family_of(environment, knobs.head).outputs
        self.predict_action = Linear(width, outputs, streams, 0.0)
        as_gpt2(self, streams, knobs.layers)

    def forward(
        self, returns_to_go: Tensor, observations: Tensor, actions: Tensor, times: Tensor, dropped: Dropped
    ) -> Tensor:
        """Sequences [S, B, L] (observations may have a last axis D) -> logits [S, B, L, A]."""
        if self.one:
            actions = torch.cat([self.none(actions[:, :, :1]), actions[:, :, :-1]], dim=2)
        asked, observed, acted, time = self.vectors(returns_to_go, observations, actions, times)
        if self.one:
            tokens = asked + observed + acted + time
        else:
            tokens = torch.stack([asked + time, observed + time, acted + time], dim=3).flatten(2, 3)
        logits, _ = self.answer(tokens, self.asking, dropped)
        return logits

    def none(self, actions: Tensor) -> Tensor:
        """What stands for no action before, in the shape of `actions`: an entry of its own; 0 in a box."""
        return torch.full_like(actions, 0 if actions.is_floating_point() else self.nothing)

    def vectors(
        self, returns_to_go: Tensor, observations: Tensor, actions: Tensor, times: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Four vectors for every step, each [S, B, L, d]; arguments as in :meth:`forward`."""
        shape = returns_to_go.shape
        parts = self.embed(returns_to_go.flatten(1), observations.flatten(1, 2), actions.flatten(1, 2))
        asked, observed, acted, time = (
            part.reshape(*shape, -1) for part in (*parts, self.embed.time(times.flatten(1)))
        )
        return asked, observed, acted, time

    def answer(
        self, tokens: Tensor, asking: slice, dropped: Dropped, past: list[Tensor] | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Logits at the tokens `asking` among [S, B, K, d], and every block's keys and values up to now.

        Args:
            past: the keys and values of the tokens before these, where there are any.
        """
        tokens = dropped(each(self.embedded, tokens))
        kept = []
        for number, block in enumerate(self.blocks):
            top = number == len(self.blocks) - 1
            tokens, keys_values = block(
                tokens, dropped, asking if top else EVERY, past[number] if past else None
            )
            kept.append(keys_values)
        return each(self.predict_action, each(self.final, tokens)), kept


class PublishedTransformer(SequencePredictor):
    """Predicts the base's actions from the history, as the paper does."""

    name = "published_transformer"
    label = "Decision Transformer, published"
    help = "Supervised: the Decision Transformer with the paper's architecture, or with one token a step."
    clip = 0.25  # as published
    Knobs = PublishedTransformerKnobs
    knobs: PublishedTransformerKnobs
    network: PublishedNetwork

    def __init__(
        self,
        environment: Environment,
        knobs: PublishedTransformerKnobs,
        streams: Streams,
        device: torch.device,
    ) -> None:
        if knobs.width % knobs.heads:
            allowed = ", ".join(str(heads) for heads in range(1, 17) if knobs.width % heads == 0)
            raise UserError(
                f"knob heads: {knobs.heads} do not divide the width {knobs.width}; allowed: {allowed}"
            )
        super().__init__(environment, knobs, streams, device, knobs.context)
        self.network = PublishedNetwork(environment, knobs, streams)
        self.optimiser = AdamW(list(self.network.parameters()), knobs.weight_decay)

    @property
    def rate(self) -> float:
        """See :attr:`SequencePredictor.rate`."""
        share = min(1.0, (self.updates + 1) / self.knobs.warm_up) if self.knobs.warm_up else 1.0
        return self.knobs.learning_rate * share

    @property
    def fixed(self) -> bool:
        """See :attr:`TrainedLearner.fixed`. A rate that rises is another number at every update."""
        return self.updates >= self.knobs.warm_up

    def logits(self, window: Window, *, training: bool) -> Tensor:
        """See :meth:`SequencePredictor.logits`."""
        dropped = dropout(self.streams, self.knobs.dropout) if training else whole
        logits: Tensor = self.network(
            window.returns_to_go, window.observations, window.actions, window.times, dropped
        )
        return logits

    def actor(self, target: float) -> Act:
        """See :meth:`Learner.actor`.

        Keys and values are kept until the window is full, and are exact. When it slides they are not:
        above the first block they hang on steps that have left. From there on each step is computed from
        its window alone, as in training.
        """
        network, context = self.network, self.context
        history: list[list[Tensor]] = []  # of each step in sight: return to go, observation, action, time
        past: list[Tensor] | None = None
        asked = torch.empty(0)

        def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:
            nonlocal past, asked
            if time == 0:
                history.clear()
                past, asked = None, torch.full(observation.shape[:2], target, device=self.device)
            else:
                history[-1][2] = action
            asked = asked - reward
            times = torch.full_like(reward, time, dtype=torch.int64)
            history.append([asked, observation, torch.zeros_like(action), times])
            if time < context:
                logits, past = network.answer(_newest(network, history), slice(-1, None), whole, past)
            else:
                del history[0]
                logits = network(*(torch.stack(part, dim=2) for part in zip(*history, strict=True)), whole)
            return self.family.acted_by(logits[:, :, -1])

        return act


def _newest(network: PublishedNetwork, history: list[list[Tensor]]) -> Tensor:
    """The tokens [S, E, K, d] that the newest step brings, the last of which asks. Its own action, which
    is not chosen yet, is not among them; the one before is."""
    steps = [torch.stack(part, dim=2) for part in zip(*history[-2:], strict=True)]
    if network.one and len(history) == 1:
        steps[2] = network.none(steps[2])
    asked, observed, acted, time = network.vectors(*steps)
    if network.one:
        return asked[:, :, -1:] + observed[:, :, -1:] + acted[:, :, :1] + time[:, :, -1:]
    now = [asked[:, :, -1] + time[:, :, -1], observed[:, :, -1] + time[:, :, -1]]
    before = [acted[:, :, 0] + time[:, :, 0]] if len(history) > 1 else []
    return torch.stack([*before, *now], dim=2)
