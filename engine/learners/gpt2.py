"""A GPT-2 stack (pre-normalised blocks, as Hugging Face's Decision Transformer has it), a network a seed.

Axes: S seeds, B sequences, K tokens, P tokens of the past, Q asking tokens, d width.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.learners.layers import Linear, Norm
from engine.learners.parts import causal
from engine.tasks.streams import Streams

DEVIATION = 0.02  # of initial weights
EVERY = slice(None)

Dropped = Callable[[Tensor], Tensor]  # activations [S, …] with some of them dropped


def whole(activations: Tensor) -> Tensor:
    """Nothing is dropped: how it acts and is looked at."""
    return activations


def dropout(streams: Streams, rate: float) -> Dropped:
    """Each activation is 0 with probability `rate`, else divided by the share kept; a seed draws its own."""

    def dropped(activations: Tensor) -> Tensor:
        kept = streams.kept(1 - rate, *activations.shape[1:])
        return activations * kept.mul_(1 / (1 - rate))

    return dropped if rate else whole


class Block(nn.Module):
    """Attention, then a perceptron: each reads normalised tokens and is added to what came in."""

    def __init__(self, width: int, heads: int, streams: Streams) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = Norm(width, streams)
        self.query = Linear(width, width, streams, 0.0)
        self.key_value = Linear(width, 2 * width, streams, 0.0)
        self.gathered = Linear(width, width, streams, 0.0)
        self.before_perceptron = Norm(width, streams)
        self.wide = Linear(width, 4 * width, streams, 0.0)
        self.narrow = Linear(4 * width, width, streams, 0.0)

    def forward(
        self, tokens: Tensor, dropped: Dropped, asking: slice = EVERY, past: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Tokens [S, B, K, d], each of which sees those up to itself -> what becomes of them.

        Args:
            asking: the Q tokens that are read from this block: of the others only keys and values are made.
            past: [S, B, P, 2 d] keys and values of the tokens before.

        Returns:
            [S, B, Q, d], and [S, B, P + K, 2 d] the keys and values up to now.
        """
        normal = each(self.before_attention, tokens)
        keys_values = each(self.key_value, normal)
        if past is not None:
            keys_values = torch.cat([past, keys_values], dim=2)
        seen = keys_values.shape[2]
        places = torch.arange(seen - tokens.shape[2], seen, device=tokens.device)[asking]
        queries = each(self.query, normal[:, :, asking])
        found = attended(queries, keys_values, self.heads, causal(places, seen), dropped)
        rows = tokens[:, :, asking] + dropped(each(self.gathered, found))
        return rows + dropped(each(self._perceptron, rows)), keys_values

    def _perceptron(self, rows: Tensor) -> Tensor:
        narrow: Tensor = self.narrow(torch.relu_(self.wide(self.before_perceptron(rows))))
        return narrow


def attended(queries: Tensor, keys_values: Tensor, heads: int, mask: Tensor, dropped: Dropped) -> Tensor:
    """softmax(q·k / √(d / heads)) v, head by head: [S, B, Q, d] and [S, B, K, 2 d] -> [S, B, Q, d].

    `mask` [Q, K] says who sees whom.
    """
    seeds, sequences, _, width = queries.shape

    def by_head(vectors: Tensor) -> Tensor:  # [S, B, K, d] -> [S * B, heads, K, d / heads]
        return vectors.reshape(seeds * sequences, -1, heads, width // heads).transpose(1, 2)

    asked, keys, values = (by_head(vectors) for vectors in (queries, *keys_values.chunk(2, dim=-1)))
    if dropped is whole:
        found = functional.scaled_dot_product_attention(asked, keys, values, mask)
    else:
        scores = (asked * math.sqrt(heads / width)) @ keys.mT
        share = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=-1)
        found = dropped(share.reshape(seeds, -1, *share.shape[1:])).flatten(0, 1) @ values
    return found.transpose(1, 2).reshape(queries.shape)


def as_gpt2(network: nn.Module, streams: Streams, layers: int) -> None:
    """Set initial weights: normal, small, and smaller by √(2 layers) where they end in what is added to
    the tokens; biases 0."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            elif name.endswith("weight"):
                added = "gathered" in name or "narrow" in name
                scale = DEVIATION / math.sqrt(2 * layers) if added else DEVIATION
                parameter.copy_(scale * streams.normal(*parameter.shape[1:]))


def each(layer: Callable[[Tensor], Tensor], tokens: Tensor) -> Tensor:
    """What a layer for rows [S, M, d] makes of tokens [S, B, K, d]."""
    rows = layer(tokens.flatten(1, 2))
    return rows.reshape(*tokens.shape[:3], rows.shape[-1])
