"""What the transformers share: a step's return to go, observation, action and time as vectors.

Axes: S seeds, M steps (any contexts, flattened), d width.
"""

import torch
from torch import Tensor, nn

from engine.learners.layers import Embedding, Linear
from engine.learners.networks import Asked, observer
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


class Parts(nn.Module):
    """The vectors that a step's return to go, observation, action and time are to a transformer.

    Actions are looked up in a table, or, in a box, are multiplied by a matrix.

    Args:
        actions: entries of the table of actions: A, or A + 1 where the last stands for none.
    """

    def __init__(self, environment: Environment, width: int, streams: Streams, actions: int) -> None:
        super().__init__()
        self.environment = environment
        self.observed = observer(environment, width, streams, 1.0)
        self.asked = Asked(environment, width, streams)
        # Normalised, a vector loses its length; beside a random shift its direction tells returns apart.
        with torch.no_grad():
            self.asked.linear.bias.copy_(streams.normal(1, width))
        self.acted: Embedding | Linear
        if environment.dimensions:
            self.acted = Linear(environment.dimensions, width, streams, 1.0)
        else:
            self.acted = Embedding(actions, width, streams, 1.0)
        # Time starts all but unseen: added to every token at full size it drowns what the tokens say.
        self.time = Embedding(environment.horizon, width, streams, 0.02)

    def forward(
        self, returns_to_go: Tensor, observations: Tensor, actions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Steps [S, M] (any M contexts; observations and actions may have a last axis) -> the first three,
        each [S, M, d]; time is not in them yet."""
        seen = self.environment.seen(observations)
        return self.asked(returns_to_go), self.observed(seen), self.acted(actions)


def causal(places: Tensor, tokens: int) -> Tensor:
    """[Q, tokens] bool: which of so many tokens the ones at `places` [Q] see: those up to themselves."""
    return torch.arange(tokens, device=places.device) <= places[:, None]
