"""From `python main.py run crossroads` to the first update, cold; what a run keeps of the machine.

Every start is a process of its own, with no server of workers before it. Memory is each worker's own share
(PSS: what is shared with others, such as torch's code, is divided among them).
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TIMES = 5
RESTING = 2.0  # seconds that a resting worker is watched
TICK = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the figures."""
    columns = zip(*(started() for _ in range(TIMES)), strict=True)
    first, last, command, server, worker = (statistics.median(column) for column in columns)
    print(
        f"from the command to the first update of the first run {first:.2f} s, of all six {last:.2f} s "
        f"(medians of {TIMES}, load {os.getloadavg()[0]:.1f}); processor time until then: the command "
        f"{command:.2f} s, beside it the workers' server {server:.2f} s, then the run's worker {worker:.2f} s"
    )
    resting()


def started() -> tuple[float, ...]:
    """Seconds to the first update that was told of, and to every run's; and processor seconds until the first
    of the command, of the server that workers are forked from, and of the run's worker."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "bench.first_update", folder],
            cwd=Path(__file__).resolve().parents[1],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    lines = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("update ")]
    marks = [float(at) - began for at, *_ in lines]
    return min(marks), max(marks), *(float(used) for used in lines[0][1:])


def _start(folder: str) -> None:
    """Be the command, and say when each run's first update was told of."""
    from engine import launch
    from engine.protocol import Report, Status
    from main import main as command_line

    told: set[int] = set()
    reports = launch.RunHandle.reports

    def heard(handle: launch.RunHandle) -> list[Report]:
        found = reports(handle)
        if id(handle) not in told and any(isinstance(one, Status) and one.step > 0 for one in found):
            told.add(id(handle))
            server = (
                Path(f"/proc/{handle.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            )
            used = (os.getpid(), int(server), handle.pid)
            print("update", time.monotonic(), *map(_processor, used), flush=True)
        return found

    launch.RunHandle.reports = heard  # type: ignore[method-assign]
    command_line(["run", "crossroads", "--updates", "1", "--out", folder])


def resting() -> None:
    """Memory, threads and processor time of workers that have done their updates and wait for a person."""
    from engine import launch
    from engine.protocol import Status
    from engine.specification import RunSpecification

    with tempfile.TemporaryDirectory() as folder:
        handles = {
            name: launch.launch(
                RunSpecification(name, "crossroads", name, updates=5), Path(folder), hold=True
            )
            for name in ("reinforce", "ppo", "rvs", "decision_transformer")
        }
        for handle in handles.values():
            while not any(isinstance(one, Status) and one.state == "holding" for one in handle.reports()):
                time.sleep(0.01)
        before = {name: _processor(handle.pid) for name, handle in handles.items()}
        time.sleep(RESTING)
        for name, handle in handles.items():
            busy = (_processor(handle.pid) - before[name]) / RESTING
            status = Path(f"/proc/{handle.pid}/status").read_text(encoding="utf-8")
            threads = status.partition("Threads:")[2].split()[0]
            print(
                f"{name}, 4 seeds: {_memory(handle.pid):.0f} MB of its own share, {threads} threads, resting "
                f"{busy:.1%} of a core"
            )
        launch.close_all(handles.values())


def _processor(pid: int | None) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _memory(pid: int | None) -> float:
    """Proportional share of memory, MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _start(sys.argv[1])
    else:
        main()
