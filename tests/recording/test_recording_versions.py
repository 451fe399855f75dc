"""Files of every older schema version stay readable: each has a fixture that its own version wrote."""

from pathlib import Path

import h5py
from test_recording_round_trip import assert_holds

from engine.recording.reader import Recording

FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_version_1_holds_what_it_held() -> None:
    """600 rows of `recording_samples`, written on 2026-11-24: one level of overview, over 256 rows."""
    path = FIXTURES / "version-1.h5"
    with h5py.File(path) as file:
        assert file["entry"].attrs["schema_version"] == 1
        assert file["entry/overview"].shape == (3, 2, 2, 3)
    with Recording.open(path) as recording:
        assert_holds(recording, 600)
        assert [event.data["after"] for event in recording.events] == list(range(0, 600, 10))


def test_version_2_holds_what_it_held() -> None:
    """600 rows of `recording_samples`, written on 2026-11-25: a pyramid of four levels."""
    path = FIXTURES / "version-2.h5"
    with h5py.File(path) as file:
        assert file["entry"].attrs["schema_version"] == 2
        assert file["entry/overview/rows_32"].shape == (18, 2, 6)
    with Recording.open(path) as recording:
        assert_holds(recording, 600)
        assert [event.data["after"] for event in recording.events] == list(range(0, 600, 10))
