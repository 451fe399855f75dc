"""The pyramid and the curves drawn from it, held against every row."""

import gc
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import recording_samples as samples

from engine.recording import cache as cache_module
from engine.recording import curves
from engine.recording.blocks import Blocks
from engine.recording.cache import Cache, Room
from engine.recording.pyramid import SIZES, STATISTICS, Pyramid, levels_of
from engine.recording.reader import Recording

ROWS = 2 * SIZES[2] + 5 * SIZES[1] + 3 * SIZES[0] + 7  # a block of every level but the last, and a rest
MANY = 300_000
EVERYTHING = (-np.inf, np.inf)


def numbers(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps that repeat and skip; a metric measured by one seed, by both or by none; one hardly ever."""
    random = np.random.default_rng(rows)
    steps = np.cumsum(random.integers(0, 3, size=rows))
    metrics = random.normal(size=(rows, 2, 2))
    metrics[random.random((rows, 2)) < 0.3, 0] = np.nan
    metrics[np.arange(rows) % 700 != 650, :, 1] = np.nan
    metrics[random.integers(rows, size=5), 0, 0] = np.inf
    return steps, metrics


def by_hand(rows: np.ndarray) -> np.ndarray:
    """[n, S] rows of one metric → the six numbers."""
    rows = np.where(np.isfinite(rows), rows, np.nan)
    rows = rows[np.isfinite(rows).any(axis=1)]
    if not len(rows):
        return np.array([np.nan] * 5 + [0])
    means = np.nanmean(rows, axis=1)
    return np.array([means.min(), means.mean(), means.max(), np.nanmin(rows), np.nanmax(rows), len(rows)])


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    path = tmp_path_factory.mktemp("long") / "long.h5"
    samples.write_metrics(path, *numbers(ROWS), pieces=23)
    with Recording.open(path) as recording:
        yield recording


@pytest.mark.parametrize("size", SIZES)
def test_every_whole_block_has_its_entry(long: Recording, size: int) -> None:
    steps, metrics = numbers(ROWS)
    with h5py.File(long.path, locking=False) as file:
        overview = file["entry/overview"]
        assert [name.decode() for name in overview.attrs["statistics"]] == list(STATISTICS)
        entries, first_steps = overview[f"rows_{size}"][...], overview[f"first_step_{size}"][...]
    assert len(entries) == len(first_steps) == ROWS // size
    np.testing.assert_array_equal(first_steps, steps[: ROWS // size * size : size])
    for block in range(0, ROWS // size, 1 + ROWS // size // 40):
        for column in range(2):
            meant = by_hand(metrics[block * size : (block + 1) * size, :, column])
            np.testing.assert_allclose(entries[block, column], meant, rtol=1e-9, atol=1e-12)


def test_growing_in_pieces_gives_the_same_pyramid() -> None:
    steps, metrics = numbers(1500)
    whole = Pyramid().add(steps, metrics)
    pyramid = Pyramid()
    pieces = levels_of(pyramid.add(steps[i : i + 7], metrics[i : i + 7]) for i in range(0, 1500, 7))
    for (steps_a, entries_a), (steps_b, entries_b) in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(steps_a, steps_b)
        np.testing.assert_array_equal(entries_a, entries_b)


def test_few_rows_are_drawn_as_they_are_and_one_measured_row_beyond_on_either_side(long: Recording) -> None:
    steps, metrics = numbers(ROWS)
    finite = np.isfinite(metrics[:, :, 0])
    measured = np.flatnonzero(finite.any(axis=1))
    for left, right in ((300, 420), (0, 5), (steps[-1] - 9, steps[-1] + 99), (-50, -10), (1000.5, 1000.6)):
        inside = measured[(steps[measured] >= left) & (steps[measured] <= right)]
        before, after = measured[steps[measured] < left][-1:], measured[steps[measured] > right][:1]
        rows = np.concatenate([before, inside, after])
        rows = np.array([row for row in rows if steps[row] not in steps[rows[rows > row]]])  # its step's last
        curve = long.curve("return", left, right, 500)
        np.testing.assert_array_equal(curve.x, steps[rows])
        values = np.where(finite[rows], metrics[rows, :, 0], np.nan)
        np.testing.assert_allclose(curve.line, np.nanmean(values, axis=1), rtol=1e-12)
        np.testing.assert_array_equal(curve.low, np.nanmin(values, axis=1))
        np.testing.assert_array_equal(curve.high, np.nanmax(values, axis=1))
        assert (curve.rows, curve.decimated) == (len(rows), False)


def test_turns_at_rest_that_are_over_are_not_in_the_way(tmp_path: Path) -> None:
    steps = np.array([0, 1, 2, 2, 2, 3])
    metrics = np.arange(6.0)[:, None, None].repeat(2, axis=1).repeat(2, axis=2)
    metrics[4, :, 1] = np.nan  # measured at a glance
    samples.write_metrics(tmp_path / "a.h5", steps, metrics)
    with Recording.open(tmp_path / "a.h5") as recording:
        curves_drawn = [recording.curve(name, *EVERYTHING, 100) for name in ("return", "loss")]
        means = [recording.means(name, 0, 3, 100) for name in ("return", "loss")]
    assert [curve.x.tolist() for curve in curves_drawn] == [[0, 1, 2, 3]] * 2
    assert [curve.line.tolist() for curve in curves_drawn] == [[0, 1, 4, 5], [0, 1, 3, 5]]
    assert [x.tolist() for x, _ in means] == [[0, 1, 2, 3]] * 2
    np.testing.assert_array_equal(means[0][1], [0, 1, 4, 5])
    np.testing.assert_array_equal(means[1][1], [0, 1, np.nan, 5])


@pytest.mark.parametrize("rows", [5_000, MANY])
def test_no_spike_is_lost_by_decimation(tmp_path: Path, rows: int) -> None:
    metrics = np.sin(np.arange(rows) / 500)[:, None, None].repeat(2, axis=1).repeat(2, axis=2)
    spike, dip = rows // 3, rows // 2 + 1
    metrics[spike], metrics[dip] = 50.0, -70.0
    metrics[-1] = 0.25
    samples.write_metrics(tmp_path / "a.h5", np.arange(rows), metrics)
    with Recording.open(tmp_path / "a.h5") as recording:
        curve = recording.curve("return", *EVERYTHING, 300)
        assert recording.extremes("return") == (-70.0, 50.0, rows)
    assert curve.decimated
    assert len(curve.x) <= 2 * 300 + 1
    assert curve.rows == rows
    assert curve.line.max() == curve.high.max() == 50.0
    assert curve.line.min() == curve.low.min() == -70.0
    assert np.all(np.diff(curve.x) >= 0)
    assert abs(curve.x[np.argmax(curve.line)] - spike) <= 2 * rows / 300
    assert (curve.x[-1], curve.line[-1]) == (rows - 1, 0.25)  # the newest row is exact


def test_never_more_points_than_rows_that_they_stand_for(long: Recording) -> None:
    _, metrics = numbers(ROWS)
    sparse = long.curve("loss", *EVERYTHING, 300)
    assert sparse.rows == np.isfinite(metrics[:, :, 1]).any(axis=1).sum()
    assert len(sparse.x) <= sparse.rows
    known = metrics[:, :, 1][np.isfinite(metrics[:, :, 1])]
    assert (sparse.low.min(), sparse.high.max()) == (known.min(), known.max())


def test_the_last_measured_row_and_the_row_of_a_step(long: Recording) -> None:
    steps, metrics = numbers(ROWS)
    for name, column in (("return", 0), ("loss", 1)):
        measured = np.flatnonzero(np.isfinite(metrics[:, :, column]).any(axis=1))
        for step in (*np.random.default_rng(1).integers(steps[-1], size=60), -1, 0, steps[-1] + 5, 0.5):
            row = int(np.searchsorted(steps, step, side="right")) - 1
            assert long.row_at(step) == max(row, 0)
            found = measured[measured <= row]
            assert long.measured_at(name, step) == (found[-1] if len(found) else -1)
    np.testing.assert_array_equal(long.at("return", 777), metrics[777, :, 0])
    assert long.step_of(777) == steps[777]
    assert long.last_step == steps[-1]


def test_means_of_two_metrics_stand_at_the_same_places(tmp_path: Path) -> None:
    rows = 40_000
    metrics = np.arange(rows)[:, None, None] * np.array([1.0, 2.0]) + np.zeros((rows, 2, 1))
    samples.write_metrics(tmp_path / "a.h5", np.arange(rows), metrics)
    with Recording.open(tmp_path / "a.h5") as recording:
        (x, a), (same, b) = (recording.means(name, 0, 30_000, 500) for name in ("return", "loss"))
        few = recording.means("return", 10, 20, 500)
    np.testing.assert_array_equal(x, same)
    np.testing.assert_allclose(b, 2 * a)
    assert len(x) <= 2 * 500
    assert (x[-1], a[-1]) == (30_000, 30_000)
    np.testing.assert_array_equal(few, (np.arange(9, 21), np.arange(9, 21)))


def test_a_file_of_version_1_has_the_curves_of_its_rows(tmp_path: Path) -> None:
    """One without a pyramid is read once, and then answers as if it had one."""
    steps, metrics = numbers(ROWS)
    samples.write_metrics(tmp_path / "new.h5", steps, metrics)
    (tmp_path / "old.h5").write_bytes((tmp_path / "new.h5").read_bytes())
    with h5py.File(tmp_path / "old.h5", "r+") as file:
        file["entry"].attrs["schema_version"] = 1
        del file["entry/overview"]
    with Recording.open(tmp_path / "new.h5") as new, Recording.open(tmp_path / "old.h5") as old:
        assert old.extremes("return") == new.extremes("return")
        for points in (200, 2000):
            for name in ("x", "line", "low", "high", "rows"):
                a, b = (getattr(r.curve("return", *EVERYTHING, points), name) for r in (old, new))
                np.testing.assert_array_equal(a, b)


def test_memory_stays_within_one_bound_for_all_recordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries, rows = Room(1_200_000), Room(20_000)
    monkeypatch.setattr(curves, "ENTRIES", entries)
    monkeypatch.setattr(curves, "WHOLE_ROWS", rows)
    samples.write_metrics(tmp_path / "a.h5", *numbers(60_000))
    (tmp_path / "b.h5").write_bytes((tmp_path / "a.h5").read_bytes())
    with Recording.open(tmp_path / "a.h5") as one, Recording.open(tmp_path / "b.h5") as two:
        for left in range(0, 60_000, 3_000):
            for recording in (one, two):
                recording.curve("return", left, left + 3_000, 1000)
                recording.measured_at("loss", left)
        kept = one._curves.nbytes
        assert 0 < kept < kept + two._curves.nbytes == entries.nbytes + rows.nbytes <= 1_220_000
        two.close()
        assert entries.nbytes + rows.nbytes == kept
    assert entries.nbytes + rows.nbytes == 0


def test_the_library_keeps_little_of_what_is_kept_here_already(long: Recording) -> None:
    # HDF5 2.0 would keep 8 MiB of chunks for each dataset, of each recording that is open.
    long.curve("return", 0, long.last_step, 100)
    long.policy(0)
    kept = [one.id.get_access_plist().get_chunk_cache() for one in long._datasets.values()]
    assert len(kept) > 3
    assert all(size <= 1 << 20 and slots < 1000 for slots, size, _ in kept)


def test_a_cache_forgets_what_was_not_looked_at_for_longest() -> None:
    room = Room(100)
    cache = Cache(room)
    for key in "ab":
        cache.put(key, np.zeros(40, dtype=np.uint8))
    assert cache.get("a") is not None
    cache.put("c", np.zeros(40, dtype=np.uint8))
    assert cache.get("b") is None
    assert cache.get("a") is not None
    cache.put("a", np.zeros(10, dtype=np.uint8))
    assert room.nbytes == cache.nbytes == 50


def test_caches_in_one_room_make_room_for_each_other_and_keep_what_is_theirs() -> None:
    room = Room(100)
    mine, yours = Cache(room), Cache(room)
    mine.put("a", np.zeros(40, dtype=np.uint8))
    yours.put("a", np.ones(40, dtype=np.uint8))
    assert (mine.nbytes, yours.nbytes) == (40, 40)
    assert mine.get("a") is not None
    yours.put("b", np.ones(50, dtype=np.uint8))
    assert yours.get("a") is None
    found = mine.get("a")
    assert found is not None
    assert not found.any()
    mine.clear()
    assert (room.nbytes, mine.nbytes, yours.nbytes) == (50, 0, 50)
    mine.put("c", np.zeros(40, dtype=np.uint8))
    del yours
    gc.collect()
    assert room.nbytes == mine.nbytes == 40  # a reader that nobody closed takes along what it kept


def test_what_nobody_looked_at_for_a_minute_goes_with_the_next_that_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(cache_module, "monotonic", lambda: now)
    cache = Cache(Room(1000))
    for key in "ab":
        cache.put(key, np.zeros(40, dtype=np.uint8))
    now = 59.0
    cache.get("a")
    cache.put("c", np.zeros(40, dtype=np.uint8))
    assert cache.nbytes == 120
    now = 60.0
    cache.put("d", np.zeros(40, dtype=np.uint8))
    assert [cache.get(key) is not None for key in "abcd"] == [True, False, True, True]


def test_a_block_that_grew_is_read_on_and_not_again() -> None:
    asked = []

    def read(first: int, last: int) -> np.ndarray:
        asked.append((first, last))
        return np.arange(first, last)

    blocks = Blocks(read, 10, Cache(Room(1000)))
    np.testing.assert_array_equal(blocks.between(3, 7), [3, 4, 5, 6])
    np.testing.assert_array_equal(blocks.between(2, 14), np.arange(2, 14))
    assert asked == [(0, 7), (7, 10), (10, 14)]
    assert [blocks.search(value, 14) for value in (-1, 0, 9, 9.5, 13, 99)] == [0, 1, 10, 10, 14, 14]
