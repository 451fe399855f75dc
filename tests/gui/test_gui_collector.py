"""While the collector is there, no other thread takes apart what the window may be going through."""

import ctypes
import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui import collector
from gui.collector import Collector, give_back

MANY = 20_000  # objects: far more than Python makes before it looks for circles by itself


@pytest.fixture(autouse=True)
def often(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "EVERY", 1)
    gc.enable()  # as it is outside these tests


def _circle(threads: list[str]) -> QAction:
    """An action that holds itself; the name of the thread that destroys it is added to a list."""
    action = QAction()
    action.itself = action
    action.destroyed.connect(lambda: threads.append(threading.current_thread().name))
    return action


def _wait(told: list[str]) -> None:
    until = time.monotonic() + 10
    while not told and time.monotonic() < until:
        QTest.qWait(5)


def _busy() -> None:
    """Make so much, in another thread, that Python would look for circles there."""
    thread = threading.Thread(target=lambda: [[] for _ in range(MANY)])
    thread.start()
    thread.join()


def test_circles_are_taken_apart_in_the_interface_thread(qapp: QApplication) -> None:
    threads: list[str] = []
    one = Collector()
    _circle(threads)
    _busy()
    assert threads == []
    _wait(threads)
    one.close()
    assert threads == [threading.main_thread().name]


def test_what_has_survived_a_while_is_taken_apart_as_well(qapp: QApplication) -> None:
    threads: list[str] = []
    one = Collector()
    action = _circle(threads)
    for generation in (0, 1):
        gc.collect(generation)
    del action
    _wait(threads)
    one.close()
    assert threads == [threading.main_thread().name]


def test_what_was_loaded_meanwhile_is_no_longer_looked_at_and_what_died_meanwhile_is_not_kept(
    qapp: QApplication,
) -> None:
    threads: list[str] = []
    one = Collector()
    before = gc.get_freeze_count()
    loaded = [[] for _ in range(MANY)]
    action = _circle(threads)
    gc.collect(1)  # it is old, and then it dies
    del action
    until = time.monotonic() + 10
    while gc.get_freeze_count() == before and time.monotonic() < until:
        QTest.qWait(5)
    added = gc.get_freeze_count() - before
    one.close()
    assert added >= len(loaded)
    assert threads == [threading.main_thread().name]


def test_once_closed_it_is_python_s_again(qapp: QApplication) -> None:
    one = Collector()
    assert not gc.isenabled()
    assert gc.get_freeze_count() > 0
    one.close()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_what_was_freed_goes_back_to_the_system() -> None:
    def megabytes() -> float:
        return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    kept = [bytearray(1000) for _ in range(60_000)][::100]  # holes of 0.1 MB, which the C library keeps
    before = megabytes() if sys.platform == "linux" else 100.0
    give_back()
    after = megabytes() if sys.platform == "linux" else 0.0
    assert len(kept) == 600
    assert after < before - 30


def test_it_goes_back_once_in_a_while(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(collector, "GIVEN_BACK", 2)
    monkeypatch.setattr(collector, "give_back", lambda: given.append("once"))
    one = Collector()
    _wait(given)
    one.close()
    assert given


HEAPS = """
import ctypes, os, sys, threading
from gui.collector import share_one_heap
if sys.argv[1] == "shared":
    share_one_heap()
together = threading.Barrier(8)
def allocate():
    together.wait()
    kept = [bytearray(5000) for _ in range(200)]
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="another C library")
def test_threads_share_one_heap() -> None:
    def heaps(how: str) -> int:
        command = [sys.executable, "-c", HEAPS, how]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.count("<heap nr=")

    assert heaps("shared") == 1
    assert heaps("apart") > 1
