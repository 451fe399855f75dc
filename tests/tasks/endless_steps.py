"""One step of environments that never stop, looked at by itself."""

from torch import Tensor

from engine.tasks.environment import Endless, Step


def stepped(endless: Endless, actions: Tensor) -> Step:
    """What actions [S, E] led to, [S, E, …]."""
    endless.step(actions)
    return Step(*(column[:, :, -1] for column in vars(endless.taken()).values()))
