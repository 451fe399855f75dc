"""The audit: worked answers with the conditional oracle as the learner, which is exact; its words."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

import main
from engine import catalogue
from engine.audit import report, words
from engine.audit.finding import Finding, Number, found
from engine.audit.plan import OWN_EPISODES, of_recording, planned, run_name
from engine.audit.probes import PROBES, probe
from engine.experiments import Experiment
from engine.oracles import iterated
from engine.recording import recorder
from engine.recording.reader import Recording
from engine.replay import make_learner, replayed
from engine.run import Run
from engine.specification import RunSpecification, Source
from engine.tasks import registry
from tests.fuzz.harness import samples

DESCRIBED = catalogue.describe()
CPU = torch.device("cpu")


def recorded(experiment: Experiment, folder: Path, only: str = "") -> dict[str, Path]:
    """Make the runs here, without processes; all, or those of one probe. Recordings by run name."""
    paths = {}
    for number, specification in enumerate(experiment.runs):
        if specification.name.startswith(only):
            path = folder / f"{number}.h5"
            run = Run(specification, path)
            for _ in range(specification.updates):
                run.update()
            run.close()
            assert recorder.main(path) == 0
            paths[specification.name] = path
    return paths


def judged(paths: dict[str, Path]) -> dict[str, Finding]:
    """Findings by probe name."""
    with ExitStack() as stack:
        opened = {name: stack.enter_context(Recording.open(path)) for name, path in paths.items()}
        return {one.name: finding for one in PROBES if (finding := found(one, opened))}


@pytest.fixture(scope="module")
def oracle_paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    experiment = planned("conditional_oracle", seeds=2, updates=2, catalogue=DESCRIBED)
    threads = torch.get_num_threads()
    yield recorded(experiment, tmp_path_factory.mktemp("oracle"))
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def findings(oracle_paths: dict[str, Path]) -> dict[str, Finding]:
    return judged(oracle_paths)


@pytest.mark.parametrize(
    ("name", "achieved", "best", "supported"),
    [
        ("luck", -5.0, 1.0, True),  # 2205.15967: half +5, half −15
        ("out of range", 0.622662, 3.0, False),  # the base itself
        ("stitching", 1.0, 2.0, False),
        ("rare data", 8.0, 8.0, True),
        ("own data", 0.52, 0.6, True),  # .6² + .4²
    ],
)
def test_what_a_perfect_predictor_loses(
    findings: dict[str, Finding], name: str, achieved: float, best: float, supported: bool
) -> None:
    finding = findings[name]
    for result in (finding.audited, finding.perfect):
        assert result.achieved == Number(*[pytest.approx(achieved, abs=1e-6)] * 3)
        assert result.lost == Number(*[pytest.approx(best - achieved, abs=1e-6)] * 3)
        assert result.worst == pytest.approx(achieved, abs=1e-6)
        assert result.exact
    assert finding.best == pytest.approx(best, abs=1e-9)
    assert finding.supported is supported
    assert finding.than_perfect == "same"
    assert finding.takes_target
    assert finding.before is None


def test_rounds_of_exact_prediction_stay_where_the_first_is() -> None:
    # The perfect predictor of the iterated probe is run once: no number of rounds changes it.
    task = registry.load(probe("own data").task)
    levels = np.array([0.0, 1.0])
    scores = iterated.score(task, iterated.rounds(task, levels, probe("own data").rounds), levels)
    assert scores == pytest.approx([0.52] * 3)


def test_the_good_outcome_is_rare(findings: dict[str, Finding]) -> None:
    # 1024 times the base's chance of eight zeros (science.md: 6.837833 nats).
    assert findings["rare data"].good == pytest.approx(1024 * np.exp(-6.837833), rel=1e-5)
    assert np.isnan(findings["luck"].good)


def test_the_sentence_has_the_numbers(findings: dict[str, Finding]) -> None:
    said = words.sentence(findings["luck"])
    assert said.startswith("Asked for 5, it achieves -5 where 1 is possible and loses 6; ")
    assert "a perfect predictor asked for 5 would get -5 and lose 6, and REINFORCE gets " in said
    notes = words.notes(findings["luck"])
    assert notes[0] == (
        "A perfect predictor loses as much: the loss lies in what is asked, not in the learning."
    )
    assert "The data never reach 2:" in " ".join(words.notes(findings["stitching"]))


def test_every_form_of_the_report_has_every_probe(findings: dict[str, Finding]) -> None:
    every = list(findings.values())
    text = report.text(every)
    page = report.page(every, command="the command", machine="a machine", date="2026-01-01")
    data = json.loads(json.dumps([report.as_data(one) for one in every], allow_nan=False))
    for one, plain in zip(PROBES, data, strict=True):
        assert f"{one.title}: " in text
        assert f"| {one.title} | `{one.task}` |" in page
        assert plain["probe"] == one.name
        assert plain["sentence"] == words.sentence(findings[one.name])
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {12}
    assert data[0]["audited"]["lost"]["value"] == pytest.approx(6)


def test_a_probe_whose_runs_are_not_all_there_has_no_finding(oracle_paths: dict[str, Path]) -> None:
    less = {name: path for name, path in oracle_paths.items() if name != run_name(probe("luck"), "baseline")}
    assert set(judged(less)) == {one.name for one in PROBES} - {"luck"}


def rewarded(finding: Finding, than: str, lost: float) -> Finding:
    return replace(
        finding,
        than_baseline=than,
        than_perfect="more",
        perfect=replace(finding.perfect, lost=Number(0, 0, 0)),
        audited=replace(finding.audited, lost=Number(lost, lost, lost), worst=-15.0),
    )


def test_verdicts_in_words(findings: dict[str, Finding]) -> None:
    finding = findings["luck"]
    said = {
        than: words.verdict(rewarded(finding, than, 6.0)) for than in ("more", "less", "same", "undecided")
    }
    assert said == {
        "more": "loses more than REINFORCE",
        "less": "loses less than REINFORCE",
        "same": "loses no more than REINFORCE",
        "undecided": "undecided with 2 seeds",
    }
    assert words.notes(rewarded(finding, "more", 6.0)) == [
        "A perfect predictor loses nothing here: the loss is this learner's own.",
        "Its worst seed achieves -15.",
    ]
    assert words.notes(rewarded(finding, "same", 0.1)) == [
        "Its worst seed achieves -15."
    ]  # .1 does not matter


def test_drift_that_nobody_asked_for_is_told(findings: dict[str, Finding]) -> None:
    def moved(nats: float) -> str:
        number = Number(nats, nats, nats)
        finding = findings["rare data"]
        return " ".join(words.notes(replace(finding, audited=replace(finding.audited, collateral=number))))

    assert "Its behaviour moved 1.5 nats further from the base than its returns asked for, REINF" in moved(
        1.5
    )
    assert "what the base never does: its drift is infinite" in moved(np.inf)
    for nats in (0.01, np.nan):
        assert "base" not in moved(nats)


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        ([0.0, 0.1], "more"),  # than 1 and 1.1: .1583 is what matters
        ([2.0, 2.2], "less"),
        ([0.95, 1.15], "same"),
        ([0.0, 1.1], "undecided"),
        ([1.0, 2.2], "undecided"),
    ],
)
def test_losses_are_compared_seed_by_seed(ours: list[float], expected: str) -> None:
    from engine.audit.finding import _compared

    class Fake:
        def __init__(self, values: list[float]) -> None:
            self.values = np.array([values])
            self.steps = np.zeros(1)
            self.layout = type("L", (), {"columns": [type("C", (), {"name": "return"})]})

        def metric(self, _: str) -> Any:
            return self.values

    assert _compared(Fake(ours), Fake([1.0, 1.1]), 0.1583) == expected  # type: ignore[arg-type]


def test_each_probe_is_set_up_for_the_learner() -> None:
    runs = {run.name: run for run in planned("rvs", {"learning_rate": 0.02}, catalogue=DESCRIBED).runs}
    for one in PROBES:
        run = runs[run_name(one, "audited")]
        assert (run.task, run.knobs["target"], run.knobs["learning_rate"]) == (one.task, one.asked, 0.02)
        assert runs[run_name(one, "perfect")].knobs == {"target": one.asked}
    assert runs["rare data, audited"].knobs["data_episodes"] == 1024
    assert "data_episodes" not in runs["luck, audited"].knobs
    assert runs["stitching, baseline"].knobs == {"start": "uniform"}
    assert runs["luck, baseline"].knobs == {}
    # Trained on what it did after it was trained on what it did after it was trained on the base's data.
    twice = runs["own data, audited"]
    assert twice.data is not None
    assert twice.data.own == OWN_EPISODES
    once = twice.data.run
    assert once.data is not None
    assert once.data.run == runs["own data, before"]
    assert runs["own data, before"].data is None


def test_a_learner_that_counts_sees_the_few_episodes_once() -> None:
    runs = {run.name: run for run in planned("tabular_predictor", catalogue=DESCRIBED).runs}
    rare = runs["rare data, audited"]
    assert (rare.updates, rare.knobs["episodes"]) == (1, 1024)
    assert runs["luck, audited"].updates == 200


def test_who_acts_to_learn_is_given_no_data() -> None:
    runs = {run.name: run for run in planned("iterated", baseline="ppo", catalogue=DESCRIBED).runs}
    assert "own data, before" not in runs
    assert runs["stitching, audited"].knobs == {"target": 2.0}  # it takes no start called uniform
    assert runs["stitching, baseline"].learner == "ppo"


def of(learner: str, **changes: Any) -> RunSpecification:
    return RunSpecification(learner, "echo(alpha=0.9)", learner, seeds=(0, 3), updates=1, **changes)


def test_own_episodes_ask_for_every_level_equally_often() -> None:
    # Asked for 1 the oracle of echo(.9) goes to 1 with .9, and gets there with .82 (2205.06595).
    source = Source(of("conditional_oracle"), own=4001)
    episodes = replayed(source, of("rvs"), CPU)
    assert episodes.actions.shape == (2, 4001, 1)
    asked_for_0, asked_for_1 = episodes.returns[:, :2001], episodes.returns[:, 2001:]
    assert asked_for_1.mean().item() == pytest.approx(0.82, abs=0.02)  # 3 standard errors
    assert asked_for_0.mean().item() == pytest.approx(0.18, abs=0.02)
    alone = replayed(source, replace(of("rvs"), seeds=(3,)), CPU)
    assert torch.equal(alone.actions[0], episodes.actions[1])


def test_one_that_takes_no_target_acts_as_it_does_and_teaches_the_next_round() -> None:
    first = of("cloning", knobs={"data_episodes": 64})
    learner = make_learner(of("cloning", data=Source(first, own=10)), CPU)
    assert learner.environment.data is not None
    assert learner.environment.data.actions.shape == (2, 10, 1)
    second = replace(first, data=Source(first, own=10))
    assert make_learner(of("cloning", data=Source(second, own=6)), CPU).environment.data is not None


def test_an_older_recordings_source_has_no_own_episodes() -> None:
    data = json.loads(of("rvs", data=Source(of("ppo"), own=3)).to_json())
    assert RunSpecification.from_json(json.dumps(data)).data == Source(of("ppo"), own=3)
    del data["data"]["own"]
    assert RunSpecification.from_json(json.dumps(data)).data == Source(of("ppo"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody"], "audit: learner 'nobody' is unknown; allowed: reinforce, "),
        (["rvs", "--baseline", "rvs"], "audit: baseline 'rvs' is unknown; allowed: reinforce, ppo, "),
        (["rvs", "--set", "target=3"], "audit: knob target is what the probes ask for; allowed: "),
        (["rvs", "--set", "nothing=3"], "audit: knob 'nothing' is unknown; allowed: learning_rate, "),
        (["rvs", "--set", "learning_rate=9"], "knob learning_rate: 9 is out of range; allowed: 1e-05 to 0.1"),
        (["rvs", "--set", "learning_rate"], "--set learning_rate: allowed: KNOB=VALUE"),
        (["rvs", "--seeds", "0"], "allowed: whole numbers from 1"),
        (["rvs", "--probe", "speed"], "audit: probe 'speed' is unknown; allowed: luck, out of range, "),
        (["missing.h5"], "missing.h5: no such recording"),
    ],
)
def test_bad_input_is_answered_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main.main(["audit", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert message in said.err


def test_a_hostile_recording_is_answered_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "made").mkdir()
    path = tmp_path / "hostile.h5"
    path.write_bytes(samples(tmp_path / "made")[0])
    with h5py.File(path, "r+") as file:
        file["entry/x"] = h5py.ExternalLink("/etc/passwd", "/")
    assert main.main(["audit", str(path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "hostile.h5: refused: entry/x: is a link into another file" in said.err
    assert not (tmp_path / "out").exists()


def test_what_an_audit_finds_in_its_folder_is_inspected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "hostile.h5").write_bytes(samples(tmp_path / "made")[0])
    (tmp_path / "seconds.txt").write_text("1.0\n", encoding="utf-8")
    with h5py.File(tmp_path / "hostile.h5", "r+") as file:
        file["entry/x"] = h5py.ExternalLink("/etc/passwd", "/")
    assert main.main(["audit", "rvs", "--out", str(tmp_path)]) == 2
    assert "hostile.h5: refused: entry/x: is a link into another file" in capsys.readouterr().err


def test_a_learner_and_its_recording_are_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--seeds", "2", "--updates", "4", "--out", str(tmp_path / "out"), "--json")
    asked += ("--probe", "luck", "--probe", "own data")
    arguments = ["audit", "tabular_predictor", "--set", "smoothing=0.5", *asked]
    assert main.main([*arguments, "--markdown", str(tmp_path / "page.md")]) == 0
    data = json.loads(capsys.readouterr().out.splitlines()[-1])
    by_probe = {one["probe"]: one for one in data["findings"]}
    assert list(by_probe) == ["luck", "own data"]
    assert by_probe["luck"]["audited"]["achieved"]["value"] == pytest.approx(-5, abs=0.2)
    assert by_probe["own data"]["before"] is not None
    assert data["knobs"] == {"smoothing": 0.5}
    assert (tmp_path / "page.md").read_text(encoding="utf-8").startswith("# Audit of Tabular predictor")
    recording = Path(data["recordings"]["luck, audited"])
    learner, knobs = of_recording(recording)
    assert (learner, knobs) == ("tabular_predictor", {"smoothing": 0.5})
    # From the recording it is the same audit: it is there already, and nothing is run again.
    written = recording.stat().st_mtime_ns
    assert main.main(["audit", str(recording), *asked]) == 0
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert again == data
    assert recording.stat().st_mtime_ns == written
