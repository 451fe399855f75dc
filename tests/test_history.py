"""What a whole recording says, and what kind of number each of its numbers is."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import history, numbers
from engine.evaluation.setting import tabular_setting
from engine.metrics.definitions import COLUMNS, HISTORY
from engine.metrics.onset import SHARE, WINDOW
from engine.recording import recorder
from engine.recording.files import Files
from engine.recording.journal import JournalWriter
from engine.recording.reader import Recording
from engine.recording.schema import Event, Layout, MetricColumn, Row
from engine.tasks.make import make_environment

NAMES = ("return", "action_entropy", "effective_modes", "asked")
Make = Callable[..., Recording]


def column(name: str, kind: str = "exact") -> MetricColumn:
    return MetricColumn(name, name, "", "", kind)


@pytest.fixture
def record(tmp_path: Path) -> Make:
    """A recording of two seeds with these modes [R, 2], asked for a target where `targets` are given."""

    def make_one(
        modes: np.ndarray,
        targets: tuple[float, ...] = (math.nan,),
        base_modes: tuple[float, ...] | None = (4.0,),
        error: float | None = None,
        events: tuple[Event, ...] = (),
        steps: np.ndarray | None = None,
    ) -> Recording:
        kinds = [column(name) for name in NAMES]
        if error is not None:
            kinds[2] = column("effective_modes", "estimated")
            kinds.append(column("effective_modes.se", "error"))
        layout = Layout(
            seeds=(3, 5), targets=targets, probes=("start",), actions=("left", "right"),
            columns=tuple(kinds), returns=(0.0, 1.0),
            constants={} if base_modes is None else {"base_modes": np.array(base_modes)},
            provenance={"specification": {"name": "run", "learner": "x", "knobs": {"target": targets[-1]}}},
        )  # fmt: skip
        path = tmp_path / "run.h5"
        journal = JournalWriter(Files.of(path).journal, layout, lossless=True)
        for index, pair in enumerate(modes):
            step = index if steps is None else int(steps[index])
            entropy = np.array([0.02, 0.01]) * (len(modes) - index)
            metrics = np.stack([1 - 0.2 * np.exp(entropy), entropy, pair, np.full(2, np.nan)])
            if error is not None:
                metrics = np.concatenate([metrics, np.full((1, 2), error)])
            returns = np.tile([0.25, 0.75], (2, len(targets), 1)).astype(np.float32)
            journal.row(Row(step, float(step), metrics.T, None, returns))
            for event in events:
                if event.step == step:
                    journal.event(event)
        journal.close()
        assert recorder.main(path) == 0
        return Recording.open(path)

    return make_one


def falling(at: int, count: int = 40) -> np.ndarray:
    """Four modes, then one from row `at` on in the first seed."""
    modes = np.full((count, 2), 4.0)
    modes[at:, 0] = 1.0
    return modes


def found(recording: Recording) -> dict[str, numbers.Number]:
    """Every number at the end."""
    with recording:
        last = recording.rows - 1
        judged = history.of(recording)
        every = [*numbers.at_row(recording, last), *numbers.of_history(recording, judged)]
        return {number.column.name: number for number in every}


def test_law_and_onset_of_a_recording(record: Make) -> None:
    number = found(record(falling(12)))
    assert number["entropy_law_a"].values == pytest.approx([0.2, 0.2])
    assert number["entropy_law_b"].values == pytest.approx([1.0, 1.0])
    assert number["entropy_law_residual"].values == pytest.approx([0, 0], abs=1e-7)
    assert number["entropy_law_a"].kind == "estimated"
    assert number["onset_step"].values == pytest.approx([12, math.nan], nan_ok=True)
    assert number["onset_confirmed"].values == pytest.approx([12 + WINDOW - 1, math.nan], nan_ok=True)
    assert (number["onset_step"].kind, number["onset_step"].seeds) == ("exact", "1 of 2 seeds")
    assert number["onset_step"].middle == 12
    assert number["collapsed"].values.tolist() == [1, 0]
    assert (number["asked"].kind, number["asked"].words) == ("not estimable", "not estimable")
    assert number["return"].kind == "exact"


def test_no_collapse_is_a_fact_and_no_comparison_is_none(record: Make, tmp_path: Path) -> None:
    number = found(record(falling(40)))
    assert (number["onset_step"].kind, number["onset_step"].words) == ("exact", "none so far")
    assert number["onset_step"].measured == "none so far"
    assert found(record(falling(12)))["onset_step"].measured == "12 updates"
    number = found(record(falling(3), base_modes=(math.nan,)))
    assert number["onset_step"].kind == number["collapsed"].kind == "not estimable"


def test_the_onset_of_estimated_modes_has_an_error(record: Make) -> None:
    modes = np.tile(np.linspace(4.0, 1.0, 31)[:, None], (1, 2))  # .1 a row; below 2.4 from row 17 on
    number = found(record(modes, error=0.25))
    assert number["onset_step"].values.tolist() == [17, 17]
    # The modes plus .25 are below from row 19 on, less .25 from row 14 on.
    assert number["onset_step"].errors == pytest.approx([2.5, 2.5])
    assert number["onset_step"].kind == "estimated"


def test_the_base_is_the_base_at_the_return_asked_for(record: Make) -> None:
    turn = Event(20, 20.0, "knob", {"name": "target", "before": 3.0, "after": 1.0})
    modes = np.full((40, 2), 2.0)  # all that a return of 3 leaves, and half of what 1 does
    judged = history.of(record(modes, targets=(1.0, 3.0), base_modes=(4.0, 2.0), events=(turn,)))
    assert judged.onset.step.tolist() == [21, 21]
    assert judged.onset.level == pytest.approx([SHARE * 4] * 2)
    judged = history.of(record(modes, targets=(1.0, 3.0), base_modes=(4.0, 2.0)))
    assert np.isnan(judged.onset.step).all()


def test_rows_of_a_resting_run_are_not_judged(record: Make) -> None:
    steps = np.concatenate([np.arange(10), np.full(20, 9)])
    assert np.isnan(history.of(record(falling(9, 30), steps=steps)).onset.step).all()


def test_an_older_file_is_compared_with_its_own_first_row(record: Make) -> None:
    judged = history.of(record(falling(7), base_modes=None))
    assert judged.onset.step == pytest.approx([7, math.nan], nan_ok=True)


def test_read_in_pieces_it_is_the_same(record: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = record(falling(12))
    whole = history.of(recording)
    monkeypatch.setattr(history, "AT_ONCE", 7)
    pieces = history.of(recording)
    for one, other in ((whole.law, pieces.law), (whole.onset, pieces.onset)):
        for a, b in zip(vars(one).values(), vars(other).values(), strict=True):
            assert a == pytest.approx(b, nan_ok=True, abs=1e-7)


def test_every_metric_is_a_number_or_said_to_be_absent(record: Make) -> None:
    recording = record(falling(12))
    absent = {c.name for c in numbers.absent(recording)}
    assert absent | set(found(recording)) == {c.name for c in (*COLUMNS, *HISTORY)}
    assert not absent & set(found(record(falling(12))))


def test_leftover_preference_by_target(record: Make) -> None:
    left = numbers.leftover_by_target(record(falling(9), targets=(0.0, 1.0), base_modes=(4.0, 4.0)), 39)
    assert left == {0.0: [0.75, 0.75], 1.0: [-0.25, -0.25]}


def test_the_recorded_reference_is_what_the_oracle_keeps() -> None:
    setting = tabular_setting(
        make_environment("levels", "", torch.device("cpu")), np.array([0.0, 1.0, 1.5, 3.0])
    )
    assert setting.constants["base_modes"] == pytest.approx([math.nan, 2, math.nan, 2], nan_ok=True)


def test_an_interval_is_over_the_seeds_that_have_a_value() -> None:
    number = numbers.Number(column("x", "estimated"), np.array([1.0, 3, math.nan]), np.array([0.3, 0.4, 9]))
    assert (number.middle, number.seeds) == (2.0, "2 of 3 seeds")
    assert number.error == pytest.approx(0.25)
    assert number.words == "2 ± 0.2 [1, 3]"
    infinite = numbers.Number(column("x"), np.array([1.0, math.inf]))
    assert infinite.words == "inf"
    assert infinite.as_data()["interquartile_mean"] is None
