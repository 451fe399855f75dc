"""Returns that code a pair of goals, in words: 3.003 apples and pears are none and three."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gui.model.run_item import RunItem


@dataclass(frozen=True)
class Pair:
    """What the returns of a task with two goals stand for.

    Attributes:
        names: of the two goals.
        step: the return grid, reward units.
    """

    names: tuple[str, str]
    step: float

    @classmethod
    def of(cls, item: "RunItem | None") -> "Pair | None":
        """The two goals of a run's task; None where it has but one return, or no recording yet."""
        if item is None or item.recording is None:
            return None
        goals = (item.recording.layout.catalogue.get("task") or {}).get("goals")
        return cls((goals["names"][0], goals["names"][1]), goals["step"]) if goals else None

    def parts(self, value: float) -> tuple[float, float]:
        """How much of either goal a return stands for."""
        from engine.tasks.tabular import Goals

        first, second = Goals(self.names, self.step).parts(np.array([value]))
        return float(first[0]) + 0.0, float(second[0]) + 0.0

    def figures(self, value: float) -> str:
        """Both goals, for an axis: `0, 3`."""
        return ", ".join(f"{part:g}" for part in self.parts(value))

    def words(self, value: float) -> str:
        """Both goals with their names: `0 apples, 3 pears`."""
        counts = self.figures(value).split(", ")
        return ", ".join(f"{count} {name}" for count, name in zip(counts, self.names, strict=True))
