"""One token a step beside the three of the published Decision Transformer: what it learns, ten seeds each.

`python -m bench.tokens` trains both on the same episodes of *levels*, at the published sizes, for as many
updates. The calibration error is how far the returns achieved are from those asked for, in the mean over
levels; the supertask score how far the policies asked for a level are from that of perfect knowledge.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.learners.published_transformer import PublishedTransformer
from engine.metrics.interval import bootstrap_interval
from engine.provenance import machine
from engine.recording import recorder
from engine.recording.reader import Recording
from engine.run import Run
from engine.specification import RunSpecification

TASK = "levels"
SEEDS = tuple(range(10))
UPDATES, MEASURED = 200, 4  # of which so many are measured
METRICS = (
    ("supertask_score", "nats"),
    ("calibration_error", "reward"),
    ("return", "reward"),
    ("effective_modes", "modes"),
)


def main() -> None:
    """Print, along training, mean and 95 % interval over the seeds for both, and of their differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--task", default=TASK)
    parser.add_argument("--target", type=float, default=2.0)
    parser.add_argument("--updates", type=int, default=UPDATES)
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    options = parser.parse_args()
    print(machine())
    knobs = {"target": options.target}
    found = {
        tokens: _trained(options.task, {**knobs, "tokens": tokens}, options.updates, options.seeds)
        for tokens in ("three", "one")
    }
    for place in range(MEASURED):
        updates = (place + 1) * (options.updates // MEASURED)
        print(f"{options.task}, {options.seeds} seeds, after {updates} updates:")
        for number, (name, unit) in enumerate(METRICS):
            three, one = (found[tokens][place, :, number] for tokens in ("three", "one"))
            print(
                f"  {name} ({unit}): three tokens {_said(three)}, one token {_said(one)}, "
                f"one less three {_said(one - three)}"
            )


def _trained(task: str, knobs: dict[str, float | str], updates: int, seeds: int) -> NDArray[np.float64]:
    """[MEASURED, seeds, metrics]."""
    every = updates // MEASURED
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        specification = RunSpecification(
            "run", task, PublishedTransformer.name, knobs, seeds=tuple(range(seeds)), updates=updates,
            measure_every=every, checkpoint_every=10**9, device="cpu",
        )  # fmt: skip
        run, began = Run(specification, path), time.process_time()
        for _ in range(updates):
            run.update()
        seconds = time.process_time() - began
        run.close()
        recorder.main(path)
        with Recording.open(path) as recording:
            measured = np.isin(recording.steps, every * np.arange(1, MEASURED + 1))
            columns = [recording.metric(name)[measured] for name, _ in METRICS]
    print(f"{knobs['tokens']}: {seconds:.0f} s of processor time, measuring included")
    return np.stack(columns, axis=-1)


def _said(values: NDArray[np.float64]) -> str:
    low, high = bootstrap_interval(values)
    return f"{values.mean():.4f} ({float(low):.4f} to {float(high):.4f})"


if __name__ == "__main__":
    main()
