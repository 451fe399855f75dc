"""What is opened and closed again and again takes no memory, neither Python's nor Qt's own.

Qt keeps things that no list of objects shows: what a style sheet means for the parts of a choice, what it
drew of an icon. So the C library is asked how much it has handed out.
"""

import ctypes
import gc
import statistics
from collections.abc import Callable
from itertools import pairwise

import pytest
from declared import CATALOGUE
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.model.session import Session

AT_ONCE = 10  # times between two looks
LOOKS = 3
MOST = 1500  # bytes a time; it was 6,000 for an export, and 33,000 for the form of two experiments


class _Allocated(ctypes.Structure):
    """`struct mallinfo2`."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()  # noqa: SIM905
    ]


def handed_out() -> int:
    """Bytes that the C library has given to whoever asked, and not been given back."""
    told = ctypes.CDLL(None).mallinfo2
    told.restype = _Allocated
    now = told()
    return int(now.uordblks + now.hblkhd)


def export(window: MainWindow) -> None:
    window.ask_export("csv")
    window.export_dialog.show()
    QApplication.processEvents()
    window.export_dialog.reject()


def form(window: MainWindow) -> None:
    window.session.catalogue = lambda: CATALOGUE
    for name in ("the-leash", "crossroads"):
        window.pages.edit(name)
        window._tick()
        QApplication.processEvents()
    window.pages.show_workbench()


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="it is of the GNU C library, 2.33")
@pytest.mark.parametrize("deed", [export, form], ids=lambda deed: deed.__name__)
def test_again_and_again_takes_no_memory(
    deed: Callable[[MainWindow], None],
    qapp: QApplication,
    window: MainWindow,
    recorded: Session,
    settle: Callable[[], None],
) -> None:
    def after(times: int) -> int:
        for _ in range(times):
            deed(window)
            settle()
            qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        return handed_out()

    seen = [after(AT_ONCE) for _ in range(1 + LOOKS)]
    # A leak is there every time; what is kept once, or was another test's, is not.
    assert statistics.median(later - earlier for earlier, later in pairwise(seen)) < MOST * AT_ONCE
