"""A run from its specification to its journal: exact numbers, replay, fork, refusal."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.errors import UserError
from engine.learners.decision_transformer import DecisionTransformer
from engine.oracles import answers
from engine.recording.codec import Block
from engine.recording.journal_reader import JournalReader
from engine.recording.schema import Layout
from engine.run import NotFinite, Run
from engine.specification import Parent, RunSpecification
from engine.tasks.registry import load

SEEDS = (0, 1, 2)
SMALL: dict[str, dict[str, Any]] = {
    "reinforce": {},
    "decision_transformer": {"data_episodes": 256, "batch": 32},
}
TURNS = {"reinforce": ("learning_rate", 0.02), "decision_transformer": ("target", 0.0)}


def specification(learner: str, **others: Any) -> RunSpecification:
    """A small run on crossroads."""
    return RunSpecification(name="x", task="crossroads", learner=learner, seeds=SEEDS, **others)


def turn(run: Run, name: str, value: Any, *, measure: bool = False) -> None:
    """Turn a knob now."""
    run.set_knob(name, value, measure=measure, arrived=time.monotonic())


def read(run: Run) -> tuple[Layout, Block]:
    """Close the run and read everything that it recorded."""
    run.close()
    reader = JournalReader(run.journal_path)
    block = next(reader.batches())
    reader.close()
    assert reader.ended
    assert reader.layout is not None
    return reader.layout, block


def names(layout: Layout) -> list[str]:
    """The columns in order."""
    return [column.name for column in layout.columns]


def assert_same(one: Block, other: Block) -> None:
    """Bit for bit, the seconds aside."""
    for what in ("steps", "metrics", "policy_rows", "policies", "returns_rows", "returns"):
        assert getattr(one, what).tobytes() == getattr(other, what).tobytes(), what


@pytest.mark.parametrize(
    ("task", "learner", "knob", "values"),
    [
        ("crossroads", "kl_oracle", "kl_weight", (0.1, 1.0)),
        ("levels", "kl_oracle", "kl_weight", (0.1, 1.0)),
        ("crossroads", "conditional_oracle", "target", (1.0, 0.0)),
        ("levels", "conditional_oracle", "target", (1.0, 3.0)),
    ],
)
def test_oracles_record_the_exact_answers(
    tmp_path: Path, task: str, learner: str, knob: str, values: tuple[float, float]
) -> None:
    run = Run(
        RunSpecification("x", task, learner, {knob: values[0]}, seeds=SEEDS, updates=2), tmp_path / "x.h5"
    )
    run.update()
    turn(run, knob, values[1], measure=True)
    layout, block = read(run)
    assert block.steps.tolist() == [0, 1, 1]
    solve = answers.kl if learner == "kl_oracle" else answers.conditional
    column = {name: index for index, name in enumerate(names(layout))}
    for row, value in zip((0, 1, 2), (values[0], *values), strict=True):
        answer = solve(load(task, ""), value)
        for name, key in [
            ("return", "mean"),
            ("drift", "drift"),
            ("asked", "asked"),
            ("collateral", "collateral"),
            ("effective_modes", "effective_outcomes"),
        ]:
            expected = np.nan if answer[key] is None else answer[key]
            np.testing.assert_allclose(block.metrics[row, :, column[name]], expected, rtol=0, atol=1e-9)
    if learner == "conditional_oracle":
        assert block.metrics[:, :, column["supertask_score"]] == pytest.approx(0, abs=1e-9)
        oracle, base = layout.constants["oracle_policy"], layout.constants["base_policy"]
        expected = np.where(np.isnan(oracle), base, oracle)  # out of support it is the base
        for policy in block.policies[0]:
            np.testing.assert_allclose(policy, expected, rtol=2e-4)  # 12 bits of the mantissa


@pytest.mark.parametrize("learner", SMALL)
def test_replay_is_bit_identical(tmp_path: Path, learner: str) -> None:
    blocks = []
    for name in ("a", "b"):
        run = Run(specification(learner, updates=4, knobs=SMALL[learner]), tmp_path / f"{name}.h5")
        run.update()
        turn(run, *TURNS[learner])
        for _ in range(2):
            run.update()
        blocks.append(read(run)[1])
    assert_same(*blocks)
    assert len(blocks[0].steps) == 4
    assert not np.array_equal(blocks[0].metrics[1], blocks[0].metrics[3], equal_nan=True)


@pytest.mark.parametrize("learner", SMALL)
def test_looking_changes_nothing(tmp_path: Path, learner: str) -> None:
    def run_with(every: int) -> np.ndarray:
        run = Run(
            specification(learner, updates=4, knobs=SMALL[learner], measure_every=every),
            tmp_path / f"{every}.h5",
        )
        for _ in range(4):
            run.update()
            if every == 1:
                run.evaluation.measure(run.step, closely=True)
                run.policy_at(0.5)
        return read(run)[1].metrics[-1]

    assert run_with(1).tobytes() == run_with(4).tobytes()


def test_a_turn_at_rest_is_seen_at_once_and_looked_at_more_closely_afterwards(tmp_path: Path) -> None:
    run = Run(specification("rvs", updates=2), tmp_path / "x.h5")
    run.update()
    assert not run.owes_a_closer_look
    turn(run, "target", 0.5, measure=True)
    assert run.owes_a_closer_look
    run.look_closer()
    assert not run.owes_a_closer_look
    measured, policy, _ = run.evaluation.measure(run.step, closely=True)
    layout, block = read(run)
    assert block.steps.tolist() == [0, 1, 1, 1]
    glance, closer = block.metrics[2], block.metrics[3]
    for index, name in enumerate(names(layout)):
        if name not in measured:
            continue
        np.testing.assert_array_equal(closer[:, index], measured[name])
        if not np.isnan(glance[:, index]).all():
            np.testing.assert_array_equal(glance[:, index], measured[name])
    costlier = names(layout).index("self_bleu")
    assert np.isnan(glance[:, costlier]).all()
    assert not np.isnan(closer[:, costlier]).any()
    np.testing.assert_allclose(block.policies[-1], policy, rtol=2e-4)  # 12 bits of the mantissa


@pytest.mark.parametrize("learner", SMALL)
def test_fork_continues_bit_for_bit(tmp_path: Path, learner: str) -> None:
    run = Run(specification(learner, updates=4, knobs=SMALL[learner], checkpoint_every=2), tmp_path / "a.h5")
    for _ in range(4):
        run.update()
    layout, whole = read(run)
    assert [checkpoint.step for checkpoint in whole.checkpoints] == [0, 2, 4]
    checkpoint = tmp_path / whole.checkpoints[1].file
    parent = Parent(recording="a", step=2, checkpoint=str(checkpoint))
    fork = Run(specification(learner, updates=2, knobs=SMALL[learner], parent=parent), tmp_path / "b.h5")
    assert fork.budget == 4
    for _ in range(2):
        fork.update()
    _, rest = read(fork)
    assert rest.steps.tolist() == [2, 3, 4]
    assert [event.kind for event in rest.events] == ["fork"]
    measured = [i for i, column in enumerate(layout.columns) if column.kind != "diagnostic"]
    assert rest.metrics[0][:, measured].tobytes() == whole.metrics[2][:, measured].tobytes()
    assert rest.metrics[1:].tobytes() == whole.metrics[3:].tobytes()
    assert rest.policies.tobytes() == whole.policies[2:].tobytes()
    assert rest.returns.tobytes() == whole.returns[2:].tobytes()


@pytest.mark.parametrize(
    ("name", "value"),
    [("nonsense", 1.0), ("learning_rate", 99.0), ("learning_rate", "fast"), ("optimiser", "plain")],
)
def test_refused_knob_changes_nothing(tmp_path: Path, name: str, value: Any) -> None:
    run = Run(specification("reinforce", updates=2), tmp_path / "x.h5")
    before = run.learner.knobs
    with pytest.raises(UserError, match=name):
        turn(run, name, value, measure=True)
    assert run.learner.knobs == before
    run.update()
    _, refused = read(run)
    assert refused.events == ()
    plain = Run(specification("reinforce", updates=2), tmp_path / "y.h5")
    plain.update()
    assert_same(refused, read(plain)[1])


def test_no_checkpoint_is_taken_of_what_is_not_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(specification("reinforce", updates=4, checkpoint_every=1), tmp_path / "a.h5")
    update = run.learner.update
    broken = {"loss": torch.full((len(SEEDS),), torch.nan)}
    monkeypatch.setattr(run.learner, "update", lambda: {**update(), **broken})
    with pytest.raises(NotFinite):
        run.update()
    with pytest.raises(UserError, match="update 1: its numbers are not finite"):
        run.checkpoint()  # a person may ask for one
    monkeypatch.setattr(run.learner, "update", update)
    run.update()
    _, whole = read(run)
    assert [checkpoint.step for checkpoint in whole.checkpoints] == [0, 2]


@pytest.mark.parametrize(
    ("learner", "what"), [("reinforce", "loss"), ("ppo", "step_entropy"), ("rvs", "loss")]
)
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_seed_that_is_lost_is_marked_once_and_the_others_go_on_as_without_it(
    tmp_path: Path, learner: str, what: str, value: float
) -> None:
    def recorded(name: str, *, spoil: bool) -> Block:
        run = Run(specification(learner, updates=3, checkpoint_every=2), tmp_path / name)
        run.update()
        if spoil:
            run.learner.optimiser.weights[1] = value
        run.update()
        run.update()
        return read(run)[1]

    whole, spoiled = recorded("a.h5", spoil=False), recorded("b.h5", spoil=True)
    message = f"{what} of seed 1 is not finite after update 2; the others go on"
    (event,) = spoiled.events
    assert (event.step, event.kind, event.data) == (2, "alarm", {"message": message, "seeds": [1]})
    np.testing.assert_array_equal(spoiled.metrics[:, [0, 2]], whole.metrics[:, [0, 2]])
    assert [checkpoint.step for checkpoint in spoiled.checkpoints] == [0, 2, 3]


def test_a_run_whose_seeds_are_lost_by_different_numbers_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(specification("reinforce", updates=3), tmp_path / "a.h5")
    update = run.learner.update
    broken = {
        "loss": torch.tensor([0.0, torch.inf, 0.0]),
        "gradient_norm": torch.tensor([torch.nan, 0.0, torch.inf]),
    }
    monkeypatch.setattr(run.learner, "update", lambda: {**update(), **broken})
    with pytest.raises(NotFinite, match="loss, gradient_norm are not finite after update 1; the last"):
        run.update()
    run.close()


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        # A seed that was lost is not one that is left, whatever its numbers are now.
        (
            [[0.0, torch.inf, 0.0], [0.0] * 3, [torch.nan, 0.0, torch.nan]],
            "loss is not finite after update 3",
        ),
        # And the last checkpoint is not sound for it.
        ([[0.0, torch.nan, 0.0], [torch.nan] * 3], "is sound but for seed 1: fork from there"),
    ],
)
def test_a_run_whose_seeds_are_lost_in_turn_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, losses: list[list[float]], message: str
) -> None:
    run = Run(specification("reinforce", updates=3), tmp_path / "a.h5")
    update, left = run.learner.update, iter(losses)
    monkeypatch.setattr(run.learner, "update", lambda: {**update(), "loss": torch.tensor(next(left))})
    for _ in losses[1:]:
        run.update()
    with pytest.raises(NotFinite, match=message):
        run.update()
    run.close()


def test_what_is_not_a_number_is_not_looked_at_more_closely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(specification("rvs", updates=2), tmp_path / "a.h5")
    update = run.learner.update
    monkeypatch.setattr(
        run.learner, "update", lambda: {**update(), "loss": torch.full((len(SEEDS),), torch.nan)}
    )
    with pytest.raises(NotFinite):
        run.update()
    turn(run, "target", 0.5, measure=True)
    assert not run.owes_a_closer_look
    monkeypatch.setattr(run.learner, "update", update)
    run.update()
    turn(run, "target", 0.0, measure=True)
    assert run.owes_a_closer_look  # it is sound again
    run.close()


def test_a_network_that_is_no_longer_made_of_numbers_is_told_and_can_be_turned(tmp_path: Path) -> None:
    knobs = {"data_episodes": 8, "batch": 8}
    run = Run(
        RunSpecification("x", "crossroads", "decision_transformer", knobs=knobs, seeds=(0,)),
        tmp_path / "a.h5",
    )
    assert isinstance(run.learner, DecisionTransformer)
    for parameter in run.learner.network.parameters():
        parameter.data.fill_(torch.nan)
    # It acts to be measured: nothing that it draws may end the run before the line that says what to do.
    with pytest.raises(NotFinite, match="fork from there"):
        run.update()
    turn(run, "target", 0.5, measure=True)
    run.close()
    _, whole = read(run)
    assert np.isnan(whole.policies).all(axis=(1, 2, 3, 4)).tolist()[:2] == [False, True]
    assert whole.steps.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("task", "stated", "asked"),
    [
        ("crossroads", {}, 1.0),  # the declared default, which it has
        ("CartPole-v1", {}, 500.0),  # no episode is as short as one step: the best known return
        ("CartPole-v1", {"target": 1.0}, 1.0),
    ],
)
def test_a_return_that_the_task_does_not_have_is_not_asked_for_unless_stated(
    tmp_path: Path, task: str, stated: dict[str, Any], asked: float
) -> None:
    knobs = {"data_episodes": 8, "batch": 8, **stated}
    run = Run(RunSpecification("x", task, "rvs", knobs=knobs, seeds=(0,)), tmp_path / "x.h5")
    assert run.learner.knobs.target == asked
    layout, _ = read(run)
    recorded = layout.provenance["specification"]["knobs"].get("target")
    assert recorded == (None if task == "crossroads" else asked)
    assert layout.targets[0] <= asked <= layout.targets[-1] or stated
