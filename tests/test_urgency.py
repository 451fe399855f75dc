"""A thread that stays urgent in a process that becomes less so."""

import subprocess
import sys

import pytest
import torch

from engine.urgency import Urgent, here

BECOMES_LESS_URGENT = """
import os, subprocess, sys, threading
from engine.urgency import Urgent, here

def niceness():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

def of_a_child():
    ask = "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"
    return int(subprocess.run([sys.executable, "-c", ask], capture_output=True, check=True).stdout)

before = niceness()
urgent = Urgent(1)
os.nice(3)
print([call(ask) - before for call in (here, urgent) for ask in (niceness, of_a_child)], min(3, 19 - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there has each thread a niceness of its own")
def test_it_and_what_it_starts_stay_as_urgent_as_the_process_was() -> None:
    ran = subprocess.run([sys.executable, "-c", BECOMES_LESS_URGENT], capture_output=True, text=True)
    less = ran.stdout.split()[-1]  # 3, if as much is left
    assert (ran.stdout, ran.stderr) == (f"[{less}, {less}, 0, 0] {less}\n", "")


def test_it_gives_what_the_function_gives() -> None:
    threads = torch.get_num_threads() + 1
    for call in (here, Urgent(threads)):
        assert call(int, "11", base=2) == 3
        with pytest.raises(ValueError, match="invalid literal"):
            call(int, "three")
    assert Urgent(threads)(torch.get_num_threads) == threads
