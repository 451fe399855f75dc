"""Shapes, and counters that stay within them."""

from collections.abc import Mapping

from engine.recording.inspection.contents import Contents
from engine.recording.inspection.expected import CONSTANTS, FIXED, GROWING, levels
from engine.recording.layout_h5 import COUNTERS, overview_rows, overview_steps
from engine.recording.pyramid import STATISTICS


def check_shapes(contents: Contents) -> dict[str, int]:
    """Every dataset has the shape that the axes give. Returns the length of each axis, -1 for none."""
    datasets = contents.datasets
    axes = {"2": 2, "3": 3, "6": len(STATISTICS), "C": len(COUNTERS)}
    for axis, name in (("S", "seed"), ("T", "target"), ("R", "return")):
        shape = datasets[name].shape
        axes[axis] = shape[0] if len(shape) == 1 else -1
    policy = datasets["policy"].shape
    axes["P"], axes["A"] = policy[3:5] if len(policy) == 5 else (-1, -1)
    metrics = datasets["metrics"].shape
    axes["M"] = metrics[2] if len(metrics) == 3 else -1
    for axis in "STAM":
        if axes[axis] < 1:
            contents.found.fault(
                "shape", {"S": "seed", "T": "target", "A": "policy", "M": "metrics"}[axis],
                "has no entry, or not the axes that it should",
            )  # fmt: skip
    for name, (_, meant, *_) in {**FIXED, **GROWING}.items():
        words = name in ("probe", "action", "metric") and axes[meant] == 0
        _shaped(contents, name, "n" if words or name == "commit" else meant, axes)
    for block in levels(contents.version):
        _shaped(contents, overview_steps(block), "n", axes)
        _shaped(contents, overview_rows(block), "nM6", axes)
    for name, meant in CONSTANTS.items():
        if f"constants/{name}" in datasets:
            _shaped(contents, f"constants/{name}", meant, axes)
    return axes


def _shaped(contents: Contents, name: str, letters: str, axes: Mapping[str, int]) -> None:
    shape = contents.datasets[name].shape
    meant = tuple(None if axis == "n" else axes[axis] for axis in letters)
    if len(shape) != len(meant) or any(m not in (None, s) for s, m in zip(shape, meant, strict=True)):
        allowed = " × ".join("any" if m is None else str(m) for m in meant)
        said = " × ".join(map(str, shape)) or "of one value"
        contents.found.fault("shape", name, f"has shape {said}; allowed: {allowed}")


def check_counters(contents: Contents) -> dict[str, int]:
    """The commit counters, by name: none of them beyond what it counts. Empty when there are too few."""
    datasets, found = contents.datasets, contents.found
    values = datasets["commit"][:64].tolist()
    if contents.live:  # what counts by now had been written before: it is there when one looks once more
        for dataset in datasets.values():
            dataset.refresh()
    if len(values) < len(COUNTERS):
        found.fault("shape", "commit", f"has {len(values)} counters; allowed: {len(COUNTERS)}")
        return {}
    counts = dict(zip(COUNTERS, values, strict=False))
    for name, (_, _, counter) in GROWING.items():
        there = datasets[name].shape[0]
        if not 0 <= counts[counter] <= there:
            found.fault("commit", "commit", f"counts {counts[counter]} {counter}, but {name} holds {there}")
    for block in levels(contents.version):
        for name in (overview_steps(block), overview_rows(block)):
            there, due = datasets[name].shape[0], counts["rows"] // block
            if there < due:
                found.fault("commit", name, f"holds {there} blocks of {due}")
    return counts
