"""From a task's name to what learners train on."""

import torch

from engine.tasks.classic_control import SYSTEMS
from engine.tasks.classic_environment import ClassicEnvironment
from engine.tasks.environment import Environment
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.registry import check, known, load
from engine.tasks.tabular_environment import TabularEnvironment


def make_environment(name: str, text: str, device: torch.device) -> Environment:
    """A built-in task, the task that `text` (TOML) draws, or a Gymnasium environment by its id: as tensors
    where its physics are known here, else through its vector interface.

    Raises:
        UserError: for a name that is none of these, and for what the environments themselves refuse.
    """
    check(name, text)
    if text or known(name):
        return TabularEnvironment(load(name, text), device)
    if name in SYSTEMS:
        return ClassicEnvironment(name, device)
    return GymnasiumEnvironment(name, device)
