from pathlib import Path

import numpy as np
import pytest

from engine.recording.journal import JournalWriter
from engine.recording.reader import Recording
from engine.recording.recorder import main as record
from engine.recording.schema import Layout, MetricColumn, Row
from gui.model.series import PICTURES, Series


def series_of(folder: Path, steps: list[int], values: np.ndarray) -> Series:
    """The metric `a` of a recording of these values [n, S]."""
    layout = Layout(
        tuple(range(values.shape[1])), (0.0,), ("p",), ("l", "r"),
        (MetricColumn("a", "A", "", "", "exact"), MetricColumn("b", "B", "", "", "exact")), (0.0, 1.0),
    )  # fmt: skip
    journal = JournalWriter(folder / "a.journal", layout)
    for step, row in zip(steps, values, strict=True):
        journal.row(Row(step, float(step), np.stack([row, 2 * row], axis=1)))
    journal.close()
    assert record(folder / "a.journal") == 0
    return Series(Recording.open(folder / "a.h5"), "a")


def test_mean_and_range_over_seeds_by_hand(tmp_path: Path) -> None:
    series = series_of(tmp_path, [0, 1, 2], np.array([[1.0, 3.0], [np.nan, 4.0], [np.nan, np.nan]]))
    points = series.points(-np.inf, np.inf, 100)
    np.testing.assert_array_equal(points.x, [0, 1])  # the last row was measured by nobody
    np.testing.assert_array_equal(points.line, [2, 4])
    np.testing.assert_array_equal(points.low, [1, 4])
    np.testing.assert_array_equal(points.high, [3, 4])
    assert (series.least, series.most, series.rows) == (1, 4, 2)
    assert series.at(0) == (2, 1, 3)
    assert series.at(2) == (4, 4, 4)
    assert series.step_at(2) == 1


def test_value_at_a_step_is_that_of_the_last_measured_row(tmp_path: Path) -> None:
    series = series_of(tmp_path, [0, 10, 20], np.array([[1.0], [2.0], [3.0]]))
    assert series.at(19.9)[0] == 2
    assert series.at(20)[0] == 3
    assert np.isnan(series.at(-1)[0])
    assert series.step_at(-1) == -1


@pytest.mark.parametrize("metric", ["a", "c"])
def test_without_a_recording_or_its_metric_there_is_nothing(tmp_path: Path, metric: str) -> None:
    recording = None if metric == "a" else series_of(tmp_path, [0], np.ones((1, 1)))._recording
    series = Series(recording, metric)
    assert (series.rows, series.least, series.most, series.step_at(5)) == (0, np.inf, -np.inf, -1)
    assert np.isnan(series.at(5)).all()
    assert len(series.points(0, 1, 10).x) == len(series.means(0, 1, 10)[0]) == 0


def test_few_points_are_drawn_as_they_are(tmp_path: Path) -> None:
    series = series_of(tmp_path, list(range(100)), np.arange(100.0)[:, None])
    points = series.points(0, 99, 200)
    np.testing.assert_array_equal(points.line, np.arange(100.0))
    assert not points.decimated
    assert points.rows == 100
    np.testing.assert_array_equal(
        series.points(50, 60, 100).x, np.arange(49, 62)
    )  # and a neighbour each side


def test_the_last_pictures_are_kept_and_no_more(tmp_path: Path) -> None:
    series = series_of(tmp_path, list(range(10)), np.arange(10.0)[:, None])
    first = series.points(0, 9, 200)
    assert series.points(0, 9, 200) is first
    for right in range(PICTURES):
        series.points(0, right, 200)
    assert series.points(0, 9, 200) is not first
    assert len(series._pictures) == PICTURES
