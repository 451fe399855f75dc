"""Where a run's tensors live: what was asked for or, where nothing was, what was found faster.

The networks here are small. A GPU pays for every kernel that it is asked to launch, whatever its size, and
a CPU for every number: which of them is sooner done is a matter of the learner, the task and the number
of seeds, and is measured.
"""

import time
from dataclasses import dataclass, replace

import torch

from engine.errors import UserError
from engine.learners.captured import EAGER
from engine.learners.knobs import knobs_of, make
from engine.learners.registry import LEARNERS
from engine.replay import make_learner
from engine.specification import RunSpecification

CPU = torch.device("cpu")
TRIED = 0.1  # seconds of updates on each device
DATA = 256  # episodes that a learner from data is tried with: an update costs the same with more


@dataclass(frozen=True)
class Choice:
    """A device, and why, for a person; an empty reason where there was nothing to choose."""

    device: torch.device
    reason: str = ""

    def text(self, threads: int) -> str:
        """As it is shown in the run's row and kept in its recording."""
        on = "cpu" if self.device == CPU else f"cuda ({torch.cuda.get_device_name()})"
        where = f"{on}, {threads} thread{'s'[: threads > 1]}"
        return f"{where}: {self.reason}" if self.reason else where


def asked(specification: RunSpecification) -> torch.device:
    """The device that the specification names; the CPU where it leaves the choice.

    Raises:
        UserError: when CUDA is asked for and there is none.
    """
    if specification.device != "cuda":
        return CPU
    if not torch.cuda.is_available():
        raise UserError("device cuda: this machine has none that torch can use; allowed: auto, cpu")
    return torch.device("cuda")


def chosen(specification: RunSpecification) -> Choice:
    """The device that the specification names or, where it leaves the choice and there is a GPU, the one on
    which a few updates were faster. A GPU that fails at them is told of and left alone.

    Raises:
        UserError: when CUDA is asked for and there is none.
    """
    if specification.device != "auto":
        return Choice(asked(specification), "as asked")
    if specification.oracle or not torch.cuda.is_available():
        return Choice(CPU)
    cuda = torch.device("cuda")
    try:
        there = updates_a_second(specification, cuda)
    except RuntimeError as error:  # no memory left on the card, or what its driver cannot do
        why, _, _ = str(error).partition("\n")
        return Choice(CPU, f"cuda failed, {why}")
    return faster({cuda: there, CPU: updates_a_second(specification, CPU)})


def settled(specification: RunSpecification, choice: Choice) -> RunSpecification:
    """The specification as it is recorded: whoever makes the run again does so where it ran. One that still
    leaves the choice ran on the CPU."""
    return replace(specification, device="cuda") if choice.device.type == "cuda" else specification


def faster(rates: dict[torch.device, float]) -> Choice:
    """The device with the higher rate, and by how much. `rates` are updates a second, of two devices."""
    best, other = sorted(rates, key=lambda device: -rates[device])
    ratio = rates[best] / rates[other]
    return Choice(best, f"{ratio:.1f} × faster here than {other.type}")


def updates_a_second(specification: RunSpecification, device: torch.device) -> float:
    """How often a learner like the run's is updated there, its diagnostics read after every update.

    It is made anew, from little data of the base's, and thrown away: the run itself begins untouched.
    """
    knobs = dict(specification.knobs)
    kind = LEARNERS.get(specification.learner)
    if kind is not None and any(knob.name == "data_episodes" for knob in knobs_of(make(kind.Knobs, knobs))):
        knobs["data_episodes"] = DATA
    learner = make_learner(replace(specification, knobs=knobs, parent=None, data=None), device)

    def update() -> None:
        torch.stack(list(learner.update().values())).cpu()

    if device != CPU:
        for _ in range(EAGER + 1):  # the last of them makes the graph
            update()
    done, began = 0, time.perf_counter()
    while not done or time.perf_counter() - began < TRIED:
        update()
        done += 1
    return done / (time.perf_counter() - began)
