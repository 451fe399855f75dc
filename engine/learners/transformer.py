"""The causal transformer of the Decision Transformer, one block, a network a seed.

Axes: S seeds, B sequences, L steps, d width. A step is three tokens, in this order: the return to go,
the observation, the action. Only the observation's token predicts, so only it asks and is computed
on; all tokens are attended to. With one block, what a token offers depends on that token alone:
keys and values may be kept while a window slides over a long episode, and remain exact.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.learners.layers import Linear, Norm
from engine.learners.normalised import normalised
from engine.learners.parts import Parts, causal
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams

HEADS = 2
TOKENS = 3  # a step
# Queries and keys are normalised (2010.04245), which bounds a score by this. Unbounded, a seed in three
# looks away from the return to go early on, where that misleads, and never back: the softmax is flat there.
LARGEST_SCORE = 2.0


class Transformer(nn.Module):
    """So many outputs of the action at each observation, from the steps up to it."""

    def __init__(self, environment: Environment, streams: Streams, width: int, outputs: int) -> None:
        super().__init__()
        self.parts = Parts(environment, width, streams, environment.actions)
        self.embedded = Norm(width, streams)  # serves as the block's first normalisation as well
        self.query = Linear(width, width, streams, 1.0)
        self.key_value = Linear(width, 2 * width, streams, 1.0)
        self.gathered = Linear(width, width, streams, 1.0)
        self.before = Norm(width, streams)
        self.wide = Linear(width, 4 * width, streams, math.sqrt(2))
        self.narrow = Linear(4 * width, width, streams, 1.0)
        self.final = Norm(width, streams)
        self.head = Linear(width, outputs, streams, 0.0)

    def tokens(self, parts: Tensor, time: Tensor) -> Tensor:
        """Vectors [S, M, K, d] and the time [S, M] or [S, M, K] of each -> tokens [S, M, K, d]."""
        times = self.parts.time(time.flatten(1)).reshape(*time.shape, -1)
        times = times if time.dim() == 3 else times[:, :, None]
        embedded: Tensor = self.embedded((parts + times).flatten(1, 2))
        return embedded.reshape(parts.shape)

    def keys_values(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [S, M, d] -> keys and values, each [S, M, heads, d / heads]."""
        both = self.key_value(tokens)
        keys, values = both.reshape(*both.shape[:2], 2, HEADS, -1).unbind(2)
        return _unscaled(keys), values

    def answer(self, asking: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        """Outputs [S, B, L, Q] for the observations' tokens [S, B, L, d].

        Args:
            keys, values: [S, B, K, heads, d / heads].
            mask: [..., L, K] bool, which keys each token may attend to; leading axes broadcast over S * B.
        """
        seeds, sequences, length, width = asking.shape
        rows = asking.flatten(1, 2)
        queries = self.query(rows).reshape(seeds * sequences, length, HEADS, -1).transpose(1, 2)
        found = _attended(
            _unscaled(queries),
            keys.flatten(0, 1).transpose(1, 2),
            values.flatten(0, 1).transpose(1, 2),
            mask,
            LARGEST_SCORE * HEADS / width,
        )
        found = found.transpose(1, 2).reshape(seeds, sequences * length, width)
        rows = rows + self.gathered(found)
        rows = rows + self.narrow(functional.gelu(self.wide(self.before(rows))))
        logits: Tensor = self.head(self.final(rows))
        return logits.reshape(seeds, sequences, length, -1)

    def forward(self, returns_to_go: Tensor, observations: Tensor, actions: Tensor, time: Tensor) -> Tensor:
        """Sequences [S, B, L] (observations and actions may have a last axis) -> outputs [S, B, L, Q]."""
        shape = returns_to_go.shape
        parts = self.parts(returns_to_go.flatten(1), observations.flatten(1, 2), actions.flatten(1, 2))
        tokens = self.tokens(torch.stack(parts, dim=2), time.flatten(1))
        keys, values = self.keys_values(tokens.flatten(1, 2))
        width = tokens.shape[-1]
        asking = tokens[:, :, 1].reshape(*shape, width)
        apart = (shape[0], shape[1], shape[2] * TOKENS, HEADS, width // HEADS)
        mask = causal(torch.arange(1, apart[2], TOKENS, device=asking.device), apart[2])
        return self.answer(asking, keys.reshape(apart), values.reshape(apart), mask)


def _unscaled(vectors: Tensor) -> Tensor:
    """Mean 0 and squared length d over the last axis, of length d."""
    return normalised(vectors)


def _attended(asked: Tensor, keys: Tensor, values: Tensor, mask: Tensor, scale: float) -> Tensor:
    """softmax(scale · q·k) v over […, Q, d] and […, K, d]. A GPU's fused kernels, made for long sequences,
    take nearly twice as long as products do for these."""
    if not asked.is_cuda:
        return functional.scaled_dot_product_attention(asked, keys, values, mask, scale=scale)
    scores = (asked * scale) @ keys.mT
    return torch.softmax(scores.masked_fill(~mask, -math.inf), dim=-1) @ values
