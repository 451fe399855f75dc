"""What takes long and needs no window: done by a thread, while the window draws on and the runs are heard."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import ParamSpec, TypeVar

from PySide6.QtCore import QEventLoop, QMetaObject, Qt

AT_ONCE = 0.02  # seconds in which most is done: then nothing else happens meanwhile
P = ParamSpec("P")
T = TypeVar("T")


def aside(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function gives, or raises. Keys and clicks wait until it has ended: what they are meant for
    may be about to change.

    Call in the interface thread. The function touches nothing that the window has.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="aside") as pool:
        future = pool.submit(function, *args, **kwargs)
        if not wait([future], AT_ONCE).done:
            loop = QEventLoop()
            future.add_done_callback(
                lambda _: QMetaObject.invokeMethod(loop, "quit", Qt.ConnectionType.QueuedConnection)
            )
            loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        return future.result()
