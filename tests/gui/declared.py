"""A small catalogue, as the engine would answer it: three learners, and the built-in tasks."""

from typing import Any

import synthetic

from engine.learners.knobs import Knob
from engine.tasks import registry

RATE = Knob(
    "learning_rate", "Learning rate", "Step size of Adam.", 0.1, "float", low=1e-4, high=1.0, scale="log"
)
EPISODES = Knob(
    "episodes", "Episodes", "Gathered in an update.", 32, "int", unit="episodes", low=1, high=1024
)
START = Knob("start", "Starts from", "Where.", "base", "choice", choices=("base", "zero"), steerable=False)
STEPS = Knob("steps", "Steps", "In an update.", 64, "int", low=1, high=4096, only_on="no table")
WHITEN = Knob("whiten", "Whiten", "Advantages.", False, "bool")


def _learner(label: str, *knobs: Knob, from_data: bool = False, on_tables: bool = False) -> dict[str, Any]:
    described = [knob.as_data() for knob in knobs]
    return {
        "label": label, "help": f"{label} learns.", "from_data": from_data, "on_tables": on_tables,
        "knobs": described,
    }  # fmt: skip


CATALOGUE: dict[str, Any] = {
    "learners": {
        "reinforce": _learner("REINFORCE", RATE, EPISODES, START, WHITEN, STEPS),
        "rvs": _learner("RvS", RATE, synthetic.TARGET, from_data=True),
        "kl_oracle": _learner("KL oracle", on_tables=True),
    },
    "tasks": {
        name: {"help": f"The task {name}.", "parameters": registry.parameters(name)}
        for name in registry.names()
    },
}
