"""Recovery that crashes at its n-th act, for every n, and is then started again.

`python crash_points.py FOLDER STRIDE`: for every STRIDE-th n a child process recovers
FOLDER/sample.journal and dies at its n-th write, flush, sync, rename or removal; then it is recovered in
peace and checked. Prints how many n there were. A process of its own, because it forks.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import recording_samples as samples

from engine.recording import disk, recorder

DIED = 9
_acts = 0


def dying(act: Callable[..., Any], at: int, *, before: bool) -> Callable[..., Any]:
    """The same act, but the process dies before it, or right after it, if it is the n-th."""

    def acted(*arguments: Any, **options: Any) -> Any:
        global _acts
        _acts += 1
        if before and _acts == at:
            os._exit(DIED)
        result = act(*arguments, **options)
        if not before and _acts == at:
            os._exit(DIED)
        return result

    return acted


def child(journal: Path, at: int, *, before: bool) -> int:
    """Recover in a forked process that dies at act `at`; its exit status."""
    pid = os.fork()
    if pid == 0:
        for owner, name in (
            (Path, "replace"), (Path, "unlink"), (disk, "sync_file"), (disk, "sync_folder"),
            (h5py.Dataset, "flush"), (h5py.Dataset, "resize"), (h5py.File, "close"),
        ):  # fmt: skip
            setattr(owner, name, dying(getattr(owner, name), at, before=before))
        os._exit(recorder.main(journal))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(folder: Path, rows: int, stride: int) -> int:
    """Try every act; returns how many crashes there were."""
    whole = (folder / "sample.journal").read_bytes()
    crashes = 0
    for before in (True, False):
        at = 1
        while True:
            work = folder / "work"
            work.mkdir()
            (work / "sample.journal").write_bytes(whole)
            status = child(work / "sample.journal", at, before=before)
            assert status in (0, DIED), status
            if (work / "sample.journal").exists():
                assert child(work / "sample.journal", 0, before=True) == 0
            left = sorted(path.name for path in work.iterdir())
            assert "sample.h5" in left, left
            assert set(left) <= {"sample.h5", "sample.journal.lock"}, left
            assert samples.check(work / "sample.h5", rows) == rows
            shutil.rmtree(work)
            if status == 0:
                break
            crashes, at = crashes + 1, at + stride
    return crashes


if __name__ == "__main__":
    place = Path(sys.argv[1])
    samples.write(place / "sample.journal", 25)
    print(main(place, 25, int(sys.argv[2])))
