"""What a task looks like and shows, worked out by a thread: making an environment can take long."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from gui.model.task_sketch import Sketch, sketch_of, spaces_of

Task = tuple[str, str]  # name and text
EVERY = 20  # milliseconds between two looks at what is done


@dataclass(frozen=True, slots=True)
class Drawn:
    """A task's `sketch`, None where there is none; its `spaces` in words, empty where nothing is known."""

    sketch: Sketch | None = None
    spaces: str = ""


class Artist(QObject):
    """Draws one task after the other, and keeps what it has drawn. `drawn`: there is something new."""

    drawn = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done: dict[Task, Drawn] = {}
        self._wanted: dict[Task, Future[Drawn]] = {}
        self._thread: ThreadPoolExecutor | None = None
        self._look = QTimer(self, interval=EVERY)
        self._look.timeout.connect(self._take)

    def of(self, task: Task) -> Drawn | None:
        """What is known of a task; None so far, where it is yet to be worked out."""
        if task not in self._done and task not in self._wanted:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="sketches")
            self._wanted[task] = self._thread.submit(_drawn, task)
            self._look.start()
        return self._done.get(task)

    def _take(self) -> None:
        done = [task for task, future in self._wanted.items() if future.done()]
        for task in done:
            self._done[task] = self._wanted.pop(task).result()
        if not self._wanted and self._thread is not None:
            self._look.stop()
            self._thread.shutdown(wait=False)
            self._thread = None
        if done:
            self.drawn.emit()


def _drawn(task: Task) -> Drawn:
    return Drawn(sketch_of(*task), spaces_of(*task))
