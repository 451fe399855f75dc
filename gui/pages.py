"""The pages of the window: the workbench, and in its place the gallery or the form of an experiment.

The other two are made when they are first shown: the first window does not wait for them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from engine import experiments
from engine.experiments import Experiment
from engine.places import experiments_folder
from gui.tour import Tour
from gui.widgets.painting import paint_later

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from gui.model.experiment_form import ExperimentDraft
    from gui.views.experiment_form import ExperimentForm
    from gui.views.gallery import Gallery
    from gui.widgets.page import Page


class Pages(QStackedWidget):
    """Switches between the pages, and does what they ask for."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__()
        self.window_ = window
        self.workbench = QWidget()
        self.gallery: Gallery | None = None
        self.form: ExperimentForm | None = None
        self._ran: tuple[str, Path] | None = None  # a draft that was run and is in no file
        self.tour = Tour(window)
        self.addWidget(self.workbench)
        self._returns = QTimer(self, singleShot=True, interval=0)
        self._returns.timeout.connect(self.show_workbench)
        window.session.items_changed.connect(self._return)

    def welcome(self) -> None:
        """The first start: the gallery, and the tour once there are plots."""
        settings = self.window_.settings
        if settings.first_time("gallery"):
            self.show_gallery()
        stage = self.window_.deck.stage
        stage.currentChanged.connect(self._plots_appear, Qt.ConnectionType.SingleShotConnection)

    def _plots_appear(self) -> None:
        if self.window_.settings.first_time("tour"):
            QTimer.singleShot(0, self, self.tour.begin)  # once they are laid out

    @property
    def opened(self) -> str:
        """The name or path that opens what is on the workbench; the default's where nothing is."""
        experiment, last = self.window_.session.experiment, self.window_.settings.experiment
        if experiment is None:
            return experiments.DEFAULT
        return last if Path(last).stem == experiment.name else experiment.name

    def toggle(self) -> None:
        """Space: run what is chosen in the gallery; on the workbench run, pause or go on."""
        running = self.window_.session.running
        if self._returns.isActive():  # what was opened is about to be shown
            if running.state == "ready":  # what runs was begun by such a key
                running.toggle()
        elif self.gallery is not None and self.currentWidget() is self.gallery:
            self.gallery.run_selected()
        elif self.currentWidget() is self.workbench:
            running.toggle()

    def undo(self) -> None:
        """Take back what was changed last in the form, where that is shown; else among the runs."""
        self._edited.undo()

    def redo(self) -> None:
        """Make it again."""
        self._edited.redo()

    @property
    def _edited(self) -> "MainWindow | ExperimentDraft":
        form = self.form
        return self.window_ if form is None or self.currentWidget() is not form else form.draft

    def _run(self, name: str) -> None:
        if not self._returns.isActive() and self.window_.opening.choose_experiment(name):
            self.window_.guarded(self.window_.session.running.toggle)()

    def _open(self, name: str) -> None:
        self.window_.opening.choose_experiment(name)

    def _run_experiment(self, experiment: Experiment) -> None:
        assert self.form is not None
        draft = self.form.draft
        self._ran = None if draft.saved else (draft.text, draft.path)
        if self.window_.opening.put_on(experiment, str(draft.path) if draft.saved else ""):
            self.window_.guarded(self.window_.session.running.toggle)()

    def _return(self) -> None:
        """Show the workbench in the next turn of the loop: opening took long enough for this one. Keys that
        come before it are no longer for the page that is left."""
        if self.currentWidget() is not self.workbench:
            self.setFocus()
            self._returns.start()

    def show_workbench(self) -> None:
        """Back to the runs."""
        if self.currentWidget() is self.workbench:
            return
        self._show(self.workbench)
        self.workbench.setFocus()
        paint_later(self.workbench)

    def _show(self, page: QWidget) -> None:
        """This page, and not the workbench that something has just been opened in."""
        self._returns.stop()
        self.setCurrentWidget(page)

    def show_gallery(self) -> None:
        """Every experiment as a card."""
        if self.gallery is None:
            from gui.views.gallery import Gallery

            self.gallery = Gallery(self.window_.look)
            self._add(self.gallery, self.gallery.restyle)
            self.gallery.run_wanted.connect(self._run)
            self.gallery.open_wanted.connect(self._open)
            self.gallery.edit_wanted.connect(self.edit)
            self.gallery.new_wanted.connect(self.new_experiment)
            self.gallery.file_wanted.connect(self.window_.opening.ask_experiment)
        self.tour.end()
        self._show(self.gallery)
        self.gallery.look_into(experiments_folder(), self.opened)

    def _add(self, page: "Page", redraw: Callable[[], object] = lambda: None) -> None:
        page.left.connect(self.show_workbench)
        self.addWidget(page)
        self.window_.dressing.add(page, redraw)

    def start_tour(self) -> None:
        """What is where, in five steps."""
        self.show_workbench()
        self.tour.begin()

    # The form

    def new_experiment(self) -> None:
        """A new experiment, in the form."""
        self._with_form(lambda form: form.begin())

    def edit(self, name: str) -> None:
        """A person's own file in the form; of any other a copy."""
        path = Path(name)
        if name in experiments.names():
            self._with_form(lambda form: form.copy(experiments.FOLDER / f"{name}.toml"))
        elif path.parent == experiments_folder():
            self._with_form(lambda form: form.open(path))
        else:
            self._with_form(lambda form: form.copy(path))

    def edit_current(self) -> None:
        """What is on the workbench, in the form."""
        open_ = self.window_.session.experiment
        if self._ran is not None and open_ is not None and not self.window_.settings.experiment:
            text, path = self._ran
            self._with_form(lambda form: form.take_up(text, path))
        else:
            self.edit(self.opened)

    def _with_form(self, fill: Callable[["ExperimentForm"], bool]) -> None:
        """Show the form. The first time an empty page is there before it: what is typed meanwhile is for the
        form, not for the workbench."""
        if self.form is not None:
            if fill(self.form):
                QTimer.singleShot(0, self, self._show_form)
            return
        from gui.widgets.waiting_page import WaitingPage

        before = self.currentWidget()
        if isinstance(before, WaitingPage):  # it is on its way
            return
        waiting = WaitingPage()
        self._add(waiting)
        self.tour.end()
        self._show(waiting)
        waiting.setFocus()

        def go_on() -> None:
            if self.currentWidget() is waiting:  # nobody left it, nothing was opened meanwhile
                if self.form is None:
                    waiting.then(go_on, self._make_form())
                    return
                if fill(self.form):
                    self._show_form(waiting.typed)
                else:
                    self._show(before)
            self.window_.dressing.forget(waiting)
            waiting.deleteLater()

        waiting.then(go_on, "")

    def _make_form(self) -> str:
        """Make it, if the engine has said what there is to choose from. Returns what is waited for."""
        window = self.window_
        catalogue = window.session.catalogue()
        if catalogue is None:
            return "Asking the engine what there is to choose from …"
        from gui.views.experiment_form import ExperimentForm

        self.form = ExperimentForm(window.look, experiments_folder(), catalogue)
        self._add(self.form)
        self.form.run_wanted.connect(self._run_experiment)
        self.form.said.connect(window.say)
        self.form.resume(window.settings.draft)
        return ""

    def _show_form(self, typed: str = "") -> None:
        if self._returns.isActive():  # something was opened meanwhile
            return
        self.tour.end()
        self._show(self.form)
        self.form.begin_writing(typed)

    def keep(self) -> None:
        """The window closes: what was not saved in the form is there again next time."""
        if self.form is not None:
            draft = self.form.draft
            self.window_.settings.draft = (draft.text, str(draft.path)) if draft.unsaved else None
