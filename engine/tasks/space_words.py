"""What a Gymnasium environment shows and takes, in words for a person. Needs no torch."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

CHANNELS = 8  # at the most, as the last axis of a picture


def in_words(environment: gymnasium.Env[Any, Any]) -> str:
    """What is observed, what an action is, and when an episode is cut: two or three sentences."""
    shown, taken = observed(environment.observation_space), acted(environment.action_space)
    spec = environment.spec
    limit = None if spec is None else spec.max_episode_steps
    ends = "" if limit is None else f" An episode ends after {limit:,} steps at the latest."
    return f"Observed: {shown}. An action: {taken}.{ends}"


def acted(space: gymnasium.Space[Any]) -> str:
    """A space of actions."""
    if isinstance(space, spaces.Box):
        return f"{_numbers(space.shape)}{_bounds(space)}"
    return observed(space)


def observed(space: gymnasium.Space[Any]) -> str:
    """A space, its parts by name where they have names."""
    match space:
        case spaces.Box() if space.dtype == np.uint8 and _picture(space.shape):
            height, width, *channels = space.shape
            each = f", {channels[0]} numbers each" if channels else ""
            return f"a picture of {height} by {width} pixels{each}"
        case spaces.Box():
            return _numbers(space.shape)
        case spaces.Discrete():
            return f"one of {int(space.n):,}"
        case spaces.MultiDiscrete():
            return _several([f"one of {int(n):,}" for n in np.ravel(space.nvec)])
        case spaces.MultiBinary():
            return f"{int(np.prod(space.shape)):,} times yes or no"
        case spaces.Dict():
            return ", ".join(f"{name} ({observed(part)})" for name, part in space.spaces.items())
        case spaces.Tuple():
            return _several([observed(part) for part in space.spaces])
    kind = "text" if isinstance(space, spaces.Text) else f"a {type(space).__name__}"
    return f"{kind}, which learners cannot take"


def _numbers(shape: tuple[int, ...]) -> str:
    if len(shape) < 2:
        count = int(np.prod(shape))
        return "1 number" if count == 1 else f"{count:,} numbers"
    return f"{' by '.join(map(str, shape))} numbers"


def _picture(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 or (len(shape) == 3 and shape[2] <= CHANNELS)


def _bounds(box: spaces.Box) -> str:
    """The bounds of each number, where all of them have the same."""
    low, high = np.unique(box.low), np.unique(box.high)
    if len(low) > 1 or len(high) > 1:
        return ", each within bounds of its own"
    return f" from {low[0]:g} to {high[0]:g}" if box.is_bounded() else " without bounds"


def _several(parts: list[str]) -> str:
    """Parts that are alike are counted."""
    if len(parts) > 1 and len(set(parts)) == 1:
        return f"{len(parts)} times {parts[0]}"
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
