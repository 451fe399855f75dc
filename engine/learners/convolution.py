"""A small convolutional network for pictures, its weights apart for each seed.

Of 36 pixels or more either way it is the one of the Atari papers (Nature 518, 529): three layers that take
steps. Smaller pictures, such as the views of MiniGrid, are seen by up to three layers of 2 × 2.

A convolution is written as the product it is, of all patches laid side by side with one matrix a seed. A
grouped convolution of the library gives other last bits to one seed than to the same among several.

Axes: S seeds, B rows, H height, W width, C channels, F filters.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from engine.learners.layers import Linear
from engine.tasks.streams import Streams

LARGE = 36  # pixels: the least that the large layers leave something of
LARGE_LAYERS = ((32, 8, 4), (64, 4, 2), (64, 3, 1))  # filters, pixels of a patch either way, step
SMALL_LAYERS = ((16, 2, 1), (32, 2, 1), (64, 2, 1))


class Convolution(nn.Module):
    """Pictures as bytes [S, B, H · W · C] -> vectors [S, B, width]."""

    def __init__(self, picture: tuple[int, int, int], width: int, streams: Streams) -> None:
        super().__init__()
        height, across, channels = self.picture = picture
        large = min(height, across) >= LARGE
        # Of a picture that is smaller still, as many layers as it has room for.
        self.shapes = LARGE_LAYERS if large else SMALL_LAYERS[: max(0, min(height, across) - 1)]
        sizes = (channels, *(filters for filters, _, _ in self.shapes))
        self.layers = nn.ModuleList(
            Linear(before * side * side, filters, streams, math.sqrt(2))
            for (before, filters), (_, side, _) in zip(pairwise(sizes), self.shapes, strict=True)
        )
        for _, side, step in self.shapes:
            height, across = (height - side) // step + 1, (across - side) // step + 1
        self.last = Linear(height * across * sizes[-1], width, streams, math.sqrt(2))

    def forward(self, pixels: Tensor) -> Tensor:
        """See the class. Bytes are divided by 255."""
        seeds, rows = pixels.shape[:2]
        maps = pixels.reshape(seeds, rows, *self.picture).float() / 255
        for layer, (filters, side, step) in zip(self.layers, self.shapes, strict=True):
            patches = maps.unfold(2, side, step).unfold(3, side, step)  # [S, B, H', W', C, side, side]
            laid = patches.flatten(4).flatten(1, 3)
            maps = torch.relu(layer(laid)).reshape(*patches.shape[:4], filters)
        vectors: Tensor = self.last(maps.flatten(2))
        return vectors
