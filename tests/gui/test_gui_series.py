import numpy as np
import pytest

from gui.model.series import LONG, SUMMARY, Series


def grown(steps: np.ndarray, values: np.ndarray, pieces: int = 1) -> Series:
    series = Series()
    for rows in np.array_split(np.arange(len(steps)), pieces):
        series.extend(steps[rows].astype(float), values[rows])
    return series


def test_mean_and_range_over_seeds_by_hand() -> None:
    series = grown(np.arange(3), np.array([[1.0, 3.0], [np.nan, 4.0], [np.nan, np.nan]]))
    np.testing.assert_array_equal(series.x, [0, 1])  # the last row was measured by nobody
    np.testing.assert_array_equal(series.mean, [2, 4])
    np.testing.assert_array_equal(series.low, [1, 4])
    np.testing.assert_array_equal(series.high, [3, 4])
    assert (series.least, series.most, series.rows_read) == (1, 4, 3)


def test_value_at_a_step_is_that_of_the_last_measured_row() -> None:
    series = grown(np.array([0, 10, 20]), np.array([[1.0], [2.0], [3.0]]))
    assert series.at(19.9)[0] == 2
    assert series.at(20)[0] == 3
    assert np.isnan(series.at(-1)[0])


def test_growing_in_pieces_gives_the_same() -> None:
    values = np.random.default_rng(0).normal(size=(5000, 3))
    whole, pieces = grown(np.arange(5000), values), grown(np.arange(5000), values, 37)
    for name in ("x", "mean", "low", "high"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))


def test_few_points_are_drawn_as_they_are() -> None:
    series = grown(np.arange(100), np.arange(100.0)[:, None])
    points = series.points(0, 99, 200)
    np.testing.assert_array_equal(points.line, np.arange(100.0))
    assert not points.decimated
    assert points.rows == 100


@pytest.mark.parametrize("rows", [5_000, LONG + 5 * SUMMARY + 17])
def test_no_spike_is_lost_by_decimation(rows: int) -> None:
    values = np.sin(np.arange(rows) / 500)[:, None].repeat(2, axis=1)
    spike, dip = rows // 3, rows // 2 + 1
    values[spike] = 50.0
    values[dip] = -70.0
    series = grown(np.arange(rows), values, 11)
    points = series.points(0, rows, 300)
    assert points.decimated
    assert len(points.x) <= 2 * 300 + 1
    assert points.line.max() == points.high.max() == 50.0
    assert points.line.min() == points.low.min() == -70.0
    assert np.all(np.diff(points.x) >= 0)
    assert abs(points.x[np.argmax(points.line)] - spike) <= rows / 300 + SUMMARY
    assert (points.x[-1], points.line[-1]) == (rows - 1, values[-1, 0])  # the newest row is exact


def test_a_zoomed_view_takes_only_what_is_visible_and_one_neighbour_on_each_side() -> None:
    series = grown(np.arange(1000), np.arange(1000.0)[:, None])
    np.testing.assert_array_equal(series.points(500, 510, 100).x, np.arange(499, 512))
