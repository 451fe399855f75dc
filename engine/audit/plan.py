"""Which runs an audit is made of: for each probe the learner, a perfect predictor and the RL baseline.

Needs no torch: what it has to know of the learners it reads from the catalogue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from engine.audit.probe import Probe
from engine.audit.probes import PROBES
from engine.errors import UserError, one_of
from engine.experiments import Experiment
from engine.learners.knobs import Knob
from engine.specification import RunSpecification, Source, Value

Role = Literal["audited", "before", "perfect", "baseline"]
ROLES: tuple[Role, ...] = ("audited", "before", "perfect", "baseline")

BASELINE = "reinforce"
SEEDS = 8
UPDATES = 200  # by default; the probes' tasks are small
MEASURED = 10  # times in a run
OWN_EPISODES = 4096  # per seed, that a learner acts itself and is trained on in the next round


def run_name(probe: Probe, role: Role) -> str:
    """The name of a probe's run, by which its recording is known."""
    return f"{probe.name}, {role}"


def planned(
    learner: str,
    knobs: Mapping[str, Value] | None = None,
    *,
    seeds: int = SEEDS,
    updates: int = UPDATES,
    baseline: str = BASELINE,
    probes: Sequence[Probe] = PROBES,
    catalogue: Mapping[str, Any],
) -> Experiment:
    """The audit of a learner, as an experiment whose runs are like any other's.

    Args:
        knobs: of the audited learner; `target` is the probes' own.
        probes: those to run.
        catalogue: as `engine.catalogue` gives it.

    Raises:
        UserError: for a learner, baseline or knob that there is not, or a value out of range.
    """
    learners = catalogue["learners"]
    given = accepted(learner, knobs or {}, catalogue)
    rewarded = tuple(name for name, one in learners.items() if one["kind"] == "reward")
    if baseline not in rewarded:
        raise one_of("audit: baseline", baseline, rewarded)
    runs: list[RunSpecification] = []
    many = tuple(range(seeds))
    for probe in probes:
        runs += _audited(probe, learners[learner], given, many, updates)
        runs.append(_run(probe, "perfect", learners["conditional_oracle"], {}, many, updates))
        runs.append(_run(probe, "baseline", learners[baseline], {}, many, updates))
    label = learners[learner]["label"]
    return Experiment(
        name=f"audit-{learner}",
        title=f"Audit of {label}",
        claim="C7",
        summary=f"{label} where prediction is known to lose, beside {learners[baseline]['label']}.",
        try_this=(),
        expect="",
        runs=tuple(runs),
    )


def accepted(learner: str, knobs: Mapping[str, Value], catalogue: Mapping[str, Any]) -> dict[str, Value]:
    """The knobs of the audited learner, each as its own type.

    Raises:
        UserError: as :func:`planned` does.
    """
    learners = catalogue["learners"]
    if learner not in learners:
        raise one_of("audit: learner", learner, tuple(learners))
    described = _knobs(learners[learner])
    if "target" in knobs:
        raise UserError("audit: knob target is what the probes ask for; allowed: any other knob")
    for name in knobs:
        if name not in described:
            raise one_of("audit: knob", name, tuple(name for name in described if name != "target"))
    return {name: described[name].validated(value) for name, value in knobs.items()}


def of_recording(path: Path) -> tuple[str, dict[str, Value]]:
    """Learner and knobs of a recording's specification, without the target.

    Raises:
        UserError: when there is no such recording, it is refused, or it does not say what it is of.
    """
    from engine.recording.gatekeeper import admit  # here: the app starts without HDF5
    from engine.recording.reader import Recording

    admit(path)
    with Recording.open(path) as recording:
        run = RunSpecification.from_data(recording.layout.provenance.get("specification"))
    return run.learner, {name: value for name, value in run.knobs.items() if name != "target"}


def _audited(
    probe: Probe,
    learner: Mapping[str, Any],
    knobs: Mapping[str, Value],
    seeds: tuple[int, ...],
    updates: int,
) -> list[RunSpecification]:
    """The learner's own run; where it is to learn from itself, also the one before that."""
    run = _run(probe, "audited", learner, knobs, seeds, updates)
    if not probe.rounds or not learner["from_data"]:
        return [run]
    before = replace(run, name=run_name(probe, "before"))
    made = before
    for _ in range(probe.rounds):
        made = replace(run, data=Source(made, own=OWN_EPISODES))
    return [made, before]


def _run(
    probe: Probe,
    role: Role,
    learner: Mapping[str, Any],
    knobs: Mapping[str, Value],
    seeds: tuple[int, ...],
    updates: int,
) -> RunSpecification:
    described = _knobs(learner)
    turned = {name: value for name, value in probe.knobs.items() if _takes(described, name, value)}
    turned |= knobs
    if "target" in described:
        turned["target"] = probe.asked
    if probe.episodes and learner["from_data"]:
        if "data_episodes" in described:
            turned["data_episodes"] = probe.episodes
        elif "episodes" in described:  # counted anew in every update: all of them in one
            turned["episodes"], updates = probe.episodes, 1
    if learner["kind"] == "oracle":
        updates = 1  # it has nothing to learn
    every = max(1, updates // MEASURED)
    return RunSpecification(
        name=run_name(probe, role),
        task=probe.task,
        learner=learner["name"],
        knobs=turned,
        seeds=seeds,
        updates=updates,
        measure_every=every,
        checkpoint_every=updates,
    )


def _knobs(learner: Mapping[str, Any]) -> dict[str, Knob]:
    return {data["name"]: Knob.from_data(data) for data in learner["knobs"]}


def _takes(described: Mapping[str, Knob], name: str, value: Value) -> bool:
    return name in described and (not described[name].choices or value in described[name].choices)
