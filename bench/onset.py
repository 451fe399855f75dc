"""What a collapse alarm is worth: how often it is false, and how late it comes.

`python -m bench.onset` prints it. False alarms are counted on runs that do not collapse: synthetic noise
about a constant, and real runs of predictors, of the exact natural gradient and of oracles. The delay is
counted on planted collapses, steps and slow declines, with noise; and on REINFORCE with one episode an
update on *ties*, which is known to end on one arm.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine import history
from engine.learners.knobs import Value
from engine.metrics.onset import SHARE, WINDOW, onset
from engine.provenance import machine
from engine.recording import recorder
from engine.recording.reader import Recording
from engine.run import Run
from engine.specification import RunSpecification

ROWS = 1000  # of a synthetic run
SEEDS = 2000  # synthetic runs
BASE = 4.0  # modes
PLANTED = 300  # the row at which a collapse is planted
NOISES = (0.1, 0.3, 0.6)  # standard deviation, modes
REAL_SEEDS = tuple(range(16))


@dataclass(frozen=True)
class Real:
    """A run of the program itself that keeps its modes, or that is known not to."""

    task: str
    learner: str
    updates: int
    knobs: Mapping[str, Value]


KEEPING = (
    Real("ties", "rvs", 300, {"target": 1.0}),
    Real("ties", "tabular_predictor", 300, {"target": 1.0}),
    Real("ties(a=0.06,b=0.04,c=0.45,d=0.45)", "exact_gradient", 300, {"geometry": "natural"}),
    Real("crossroads", "rvs", 200, {"target": 1.0}),
    Real("crossroads", "conditional_oracle", 20, {"target": 1.0}),
    Real("crossroads", "kl_oracle", 20, {}),
    Real("levels", "rvs", 200, {"target": 3.0}),
    Real("levels", "conditional_oracle", 20, {"target": 3.0}),
)
FALLING = Real(
    "ties", "reinforce", 1000, {"optimiser": "plain", "baseline": "none", "learning_rate": 0.5, "episodes": 1}
)


def main() -> None:
    """Print the figures."""
    print(machine())
    print(f"onset: below {SHARE:.0%} of the base's effective modes for {WINDOW} measured rows in succession")
    noise_alone()
    planted()
    real()


def noise_alone() -> None:
    """Shares of synthetic runs that raise an alarm where there is nothing to raise one for."""
    for level in (1.0, 0.75):
        for noise in NOISES:
            values = level * BASE + noise * _random().normal(size=(ROWS, SEEDS))
            rate = 1 - np.isnan(_onset(values)).mean()
            print(
                f"no collapse, {level * BASE:g} of {BASE:g} modes, noise {noise:g}, {ROWS} rows: "
                f"false alarms in {rate:.2%} of {SEEDS} seeds"
            )


def planted() -> None:
    """Rows from the true crossing to the onset and to its confirmation; alarms raised before it."""
    row = np.arange(ROWS)[:, None]
    level = SHARE * BASE
    shapes = {
        "step to 1 mode": np.where(row < PLANTED, BASE, 1.0),
        "decline over 100 rows": np.clip(BASE - 3 * (row - PLANTED) / 100, 1.0, BASE),
        "decline over 500 rows": np.clip(BASE - 3 * (row - PLANTED) / 500, 1.0, BASE),
    }
    for name, shape in shapes.items():
        crossing = int(np.argmax(shape[:, 0] < level))
        for noise in NOISES:
            values = np.clip(shape + noise * _random().normal(size=(ROWS, SEEDS)), 1.0, None)
            found = onset(np.arange(ROWS), values, np.full(ROWS, BASE))
            known = ~np.isnan(found.step)
            late = found.confirmed[known] - crossing
            shift = found.step[known] - crossing
            print(
                f"planted {name}, noise {noise:g}: found in {known.mean():.1%}; onset "
                f"{np.median(shift):+.0f} rows of the crossing (5 to 95 %: {_span(shift)}), "
                f"known {np.median(late):+.0f} rows after it ({_span(late)}); confirmed before it in "
                f"{(late < 0).mean():.1%}"
            )


def real() -> None:
    """The program's own runs."""
    for one in KEEPING:
        fallen, _, rows = _run(one)
        print(f"no collapse, {one.learner} on {one.task}, {rows} rows: false alarms in {fallen}")
    fallen, judged, rows = _run(FALLING)
    known = judged.onset.step[~np.isnan(judged.onset.step)]
    late = judged.onset.confirmed[~np.isnan(judged.onset.step)] - known
    print(
        f"collapse, {FALLING.learner} on {FALLING.task} (1 episode, rate .5), {rows} rows: "
        f"alarms in {fallen}; onset at update {np.median(known):.0f} (5 to 95 %: {_span(known, '')}), "
        f"confirmed {np.median(late):.0f} updates later"
    )


def _run(one: Real) -> tuple[str, history.Judged, int]:
    """`k of n seeds`, what is known of the run, and its rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        never = 10**9
        run = Run(
            RunSpecification(
                "run", one.task, one.learner, dict(one.knobs), seeds=REAL_SEEDS, updates=one.updates,
                policy_every=never, checkpoint_every=never,
            ),
            path,
        )  # fmt: skip
        for _ in range(one.updates):
            run.update()
        run.close()
        recorder.main(path)
        with Recording.open(path) as recording:
            judged = history.of(recording)
            rows = recording.rows
    fallen = int((~np.isnan(judged.onset.step)).sum())
    return f"{fallen} of {len(REAL_SEEDS)} seeds", judged, rows


def _onset(values: np.ndarray) -> np.ndarray:
    return onset(np.arange(len(values)), values, np.full(len(values), BASE)).step


def _span(values: np.ndarray, sign: str = "+") -> str:
    low, high = np.quantile(values, [0.05, 0.95])
    return f"{low:{sign}.0f} to {high:{sign}.0f}"


def _random() -> np.random.Generator:
    return np.random.default_rng(13)


if __name__ == "__main__":
    main()
