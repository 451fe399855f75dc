"""The entropy law and the collapse onset: closed forms, cases worked by hand, and whole recordings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.metrics.entropy_law import EntropyLaw, entropy_law
from engine.metrics.onset import Onset, OnsetWatch, onset


def test_a_law_that_holds_is_found_with_no_residual() -> None:
    entropy = np.linspace(1.3, 0.1, 20)[:, None] * np.array([1.0, 0.5])
    returns = -np.array([0.3, 2.0]) * np.exp(entropy) + np.array([1.5, 4.0])
    law = entropy_law(entropy, returns)
    assert law.slope == pytest.approx([0.3, 2.0])
    assert law.intercept == pytest.approx([1.5, 4.0])
    assert law.residual == pytest.approx([0, 0], abs=1e-7)


def test_three_rows_by_hand() -> None:
    """exp H = 1, 2, 3 and R = 5, 3, 4: slope of R −½, b = 5; residuals ½, −1, ½ with one degree left."""
    law = entropy_law(np.log([[1.0], [2.0], [3.0]]), np.array([[5.0], [3.0], [4.0]]))
    assert law.slope == pytest.approx([0.5])
    assert law.intercept == pytest.approx([5.0])
    assert law.residual == pytest.approx([np.sqrt(1.5)])
    assert law.slope_error == pytest.approx([np.sqrt(1.5 / 2)])
    assert law.intercept_error == pytest.approx([np.sqrt(1.5 * (1 / 3 + 4 / 2))])
    assert law.residual_error == pytest.approx([np.sqrt(1.5 / 2)])


def test_what_cannot_be_fitted_is_not_estimable() -> None:
    two = np.array([[0.1, 0.7], [0.2, 0.7], [np.nan, 0.7], [0.3, 0.7]])
    returns = np.array([[1.0, 1], [2, 2], [3, 3], [np.nan, 4]])
    law = entropy_law(two, returns)  # one seed with two whole rows, one whose entropy never moves
    for found in vars(law).values():
        assert np.isnan(found).all()


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(1, 9))
def test_a_law_fed_in_pieces_is_numpys_fit_of_the_whole(seed: int, cuts: int) -> None:
    random = np.random.default_rng(seed)
    entropy, returns = random.uniform(0, 2, (40, 2)), 1e4 + random.normal(size=(40, 2))
    entropy[random.uniform(size=entropy.shape) < 0.2] = np.nan
    fed = EntropyLaw(2)
    for part in np.array_split(np.arange(40), cuts):
        fed.extend(entropy[part], returns[part])
    law = fed.law()
    for one in range(2):
        known = np.isfinite(entropy[:, one])
        line, covariance = np.polyfit(np.exp(entropy[known, one]), returns[known, one], 1, cov=True)
        assert (-law.slope[one], law.intercept[one]) == pytest.approx(tuple(line), rel=1e-6)
        errors = np.sqrt(np.diag(covariance))
        assert (law.slope_error[one], law.intercept_error[one]) == pytest.approx(tuple(errors), rel=1e-6)


def found(values: list[float], base: float = 4.0, share: float = 0.5, window: int = 3) -> tuple[float, ...]:
    """Onset, confirmation and level of one seed whose rows are ten updates apart."""
    steps = 10 * np.arange(len(values))
    result = onset(steps, np.array(values)[:, None], np.full(len(values), base), share, window)
    return float(result.step[0]), float(result.confirmed[0]), float(result.level[0])


NONE = (np.nan, np.nan, np.nan)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([4, 1, 1, 1, 4], (10, 30, 2)),  # what comes after does not undo it
        ([4, 1, 1, 4, 1, 1], NONE),  # never three in succession
        ([4, 1, 4, 1, 1, 1], (30, 50, 2)),  # the first fall was not confirmed
        ([1, 1, 1], (0, 20, 2)),
        ([2, 2, 2, 2], NONE),  # at the level is not below it
        ([4, 1, np.nan, 1, np.nan, 1], (10, 50, 2)),  # rows not measured are as if they were not there
        ([np.nan] * 5, NONE),
    ],
)
def test_onset_worked_by_hand(values: list[float], expected: tuple[float, ...]) -> None:
    assert found(values) == pytest.approx(expected, nan_ok=True)


def test_rows_with_nothing_to_compare_with_are_not_judged() -> None:
    reference = np.array([4.0, np.nan, np.nan, 4.0, 4.0, 4.0])
    values = np.ones((6, 1))
    assert onset(np.arange(6), values, reference, 0.5, 4).confirmed[0] == 5
    assert np.isnan(onset(np.arange(6), values, np.full(6, np.nan), 0.5, 1).step).all()


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 5))
def test_fed_in_pieces_it_is_the_plain_loop(seed: int, cuts: int, window: int) -> None:
    random = np.random.default_rng(seed)
    values = random.choice([1.0, 3.0, np.nan], size=(30, 3), p=[0.6, 0.3, 0.1])
    steps = np.cumsum(random.integers(1, 4, size=30))
    watch = OnsetWatch(3, 0.5, window)
    for part in np.array_split(np.arange(30), cuts):
        watch.extend(steps[part], values[part], np.full(len(part), 4.0))
    assert equal(watch.onset, plain(steps, values, window))


def plain(steps: np.ndarray, values: np.ndarray, window: int) -> Onset:
    """The definition, row by row."""
    result = np.full((3, values.shape[1]), np.nan)
    for seed in range(values.shape[1]):
        fall: list[int] = []
        for step, value in zip(steps.tolist(), values[:, seed].tolist(), strict=True):
            if np.isnan(value):
                continue
            fall = [*fall, step] if value < 2 else []
            if len(fall) == window:
                result[:, seed] = fall[0], step, 2.0
                break
    return Onset(*result)


def equal(one: Onset, other: Onset) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=True)
        for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
    )
