"""What a run does at an update when it is asked for the session's target: recorded, or said by its worker."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.model.goals import Pair
from gui.model.run_item import RunItem
from gui.model.session import Session


@dataclass(frozen=True)
class Asked:
    """A run's policy at its probes.

    Attributes:
        learned: [S, P, A]; None where none was recorded.
        oracle: [P, A] of the perfect predictor; None where there is none, or the base never gets there.
        words: what was asked.
    """

    learned: NDArray[np.float32] | None
    oracle: NDArray[np.float64] | None
    words: str


def asked(session: Session, item: RunItem, row: int) -> Asked:
    """The policy in a row that is there, asked for the session's target or the recorded one nearest to it."""
    layout = item.recording.layout
    exact = session.recorded_target(item)
    index = exact if exact is not None else item.nearest_target(session.target or 0.0)
    oracles = item.constant("oracle_policy")
    oracle = None if oracles is None else oracles[min(index, len(oracles) - 1)]
    if oracle is not None and not np.isfinite(oracle).any():
        oracle = None
    answer = item.answer if item.live and item.conditioned and session.cursor.following else None
    if exact is None and answer is not None and answer.target == session.target:
        return Asked(answer.policy, oracle, f"asked for {session.target:g}")
    policies = item.recording.policy(row)
    learned = None if policies is None else policies[:, index]
    if not item.conditioned or np.isnan(layout.targets[index]):
        return Asked(learned, oracle, "takes no target")
    pair = Pair.of(item)
    nearest = "" if exact is not None else ", the nearest recorded"
    target = layout.targets[index]
    meaning = f" ({pair.words(target)})" if pair is not None else ""
    return Asked(learned, oracle, f"asked for {target:g}{meaning}{nearest}")
