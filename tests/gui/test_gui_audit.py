"""The audit in the app: its runs in the background, its five rows, in words and not by colour alone."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from engine.audit.finding import Compared, Finding, Number, Result
from engine.audit.probes import PROBES
from engine.errors import UserError
from engine.experiments import Experiment
from engine.protocol import Control, Failed, Status
from engine.specification import RunSpecification
from gui.main_window import MainWindow
from gui.model import audit as model
from gui.model.audit import Audit
from gui.model.session import Session
from gui.theme import Look
from gui.views.audit import MARKS, NO_BREAK, AuditView

LEARNERS = {
    name: {
        "name": name, "label": name.upper(), "kind": kind, "conditioned": conditioned, "from_data": data,
        "knobs": [],
    }
    for name, kind, conditioned, data in (
        ("reinforce", "reward", False, False),
        ("rvs", "predictor", True, True),
        ("conditional_oracle", "oracle", True, False),
    )
}  # fmt: skip


def finding(number: int, than: Compared = "more") -> Finding:
    def result(label: str, achieved: float) -> Result:
        value = Number(achieved, achieved - 0.25, achieved + 0.25)
        lost = Number(3 - achieved, 2.75 - achieved, 3.25 - achieved)
        return Result(label, value, lost, achieved - 0.25, Number(np.nan, np.nan, np.nan), exact=True)

    return Finding(
        PROBES[number], True, "data", True, np.nan, 3.0, result("RvS", 1.0), result("Oracle", 1.5),
        result("REINFORCE", 2.5), None, than, "more", 0.1, 8,
    )  # fmt: skip


class Process:
    """Stands for a worker: ends when it is told to."""

    def __init__(self, specification: RunSpecification, path: Path) -> None:
        self.specification, self.recording = specification, path
        self.lives, self.said, self.sent = True, [], []
        self.ending = ""

    def end(self) -> None:
        run = self.specification
        self.said.append(Status("finished", run.updates, run.updates, 0.0, "cpu", ""))
        self.lives = False

    def alive(self) -> bool:
        return self.lives

    def reports(self) -> list[object]:
        said, self.said = self.said, []
        return said

    def ask_to_stop(self) -> None:
        self.sent.append(Control(0, "stop"))
        self.lives = False


class Processes:
    """Stands for `engine.launch`."""

    def __init__(self) -> None:
        self.handles: list[Process] = []
        self.answers = True

    def launch(self, specification: RunSpecification, folder: Path, hold: bool) -> Process:
        assert not hold
        assert folder.is_dir()
        self.handles.append(Process(specification, folder / f"{specification.name}.h5"))
        return self.handles[-1]

    def request_catalogue(self) -> "Processes":
        return self

    def poll(self) -> dict[str, object] | None:
        return {"learners": LEARNERS} if self.answers else None


@pytest.fixture
def processes() -> Processes:
    return Processes()


@pytest.fixture
def audit(
    qapp: QApplication,
    processes: Processes,
    tmp_path: Path,
    experiment: Experiment,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Audit]:
    monkeypatch.setattr(
        "engine.launch.close_all", lambda handles: [handle.ask_to_stop() for handle in handles]
    )
    monkeypatch.setattr(model, "_judged", lambda probe, recordings: finding(PROBES.index(probe)))
    session = Session(tmp_path, processes)
    session.choose(experiment)
    session.select(next(item for item in session.items if item.specification.learner == "rvs"))
    made = Audit(session)
    yield made
    made.close()
    session.close()


def test_runs_go_one_after_another_and_probes_are_judged_as_they_end(
    audit: Audit, processes: Processes
) -> None:
    audit.start(audit.session.selected)
    while audit.busy:
        time.sleep(0.001)  # for the judge, who sits in a thread
        audit.tick()
        assert sum(process.lives for process in processes.handles) <= model.AT_ONCE
        for process in processes.handles:
            if process.lives:
                process.end()
    assert (audit.state, audit.progress) == ("done", (16, 16))
    assert [one.probe.name for one in audit.findings.values()] == [probe.name for probe in PROBES]
    assert all(audit.share(probe) == 1 for probe in PROBES)
    learners = [process.specification.learner for process in processes.handles[:3]]
    assert learners == ["rvs", "conditional_oracle", "reinforce"]
    assert [path.name for path in audit.paths(PROBES[0])] == [
        "luck, audited.h5", "luck, perfect.h5", "luck, baseline.h5",
    ]  # fmt: skip


def test_one_at_a_time_and_of_a_run(audit: Audit) -> None:
    with pytest.raises(UserError, match="nothing to audit"):
        audit.start(None)
    audit.start(audit.session.selected)
    with pytest.raises(UserError, match="the audit of RvS is not over; cancel it first"):
        audit.start(audit.session.selected)


def test_a_failure_costs_its_probe_alone(audit: Audit, processes: Processes) -> None:
    audit.start(audit.session.selected)
    audit.tick()
    processes.handles[0].said.append(Failed(3, "it went wrong", "a trace"))
    while audit.busy:
        time.sleep(0.001)
        audit.tick()
        for process in processes.handles:
            if process.lives:
                process.end()
    assert audit.failures == {"luck": "luck, audited: it went wrong"}
    assert len(audit.findings) == 4


@pytest.mark.parametrize("ending", ["", "killed by signal 9"])
def test_a_process_that_dies_is_told_of(audit: Audit, processes: Processes, ending: str) -> None:
    audit.start(audit.session.selected)
    audit.tick()
    processes.handles[0].lives, processes.handles[0].ending = False, ending
    audit.tick()
    assert audit.failures == {"luck": f"luck, audited: {ending or 'its process ended without a word'}"}


def test_cancelled_it_starts_nothing_more(audit: Audit, processes: Processes) -> None:
    audit.start(audit.session.selected)
    audit.tick()
    audit.cancel()
    begun = len(processes.handles)
    assert all(process.sent for process in processes.handles)
    for _ in range(3):
        audit.tick()
    assert (audit.state, len(processes.handles)) == ("cancelled", begun)
    audit.start(audit.session.selected)  # and may begin anew
    assert audit.busy


def test_it_waits_for_the_engine_to_describe_itself(audit: Audit, processes: Processes) -> None:
    audit.session._catalogue, processes.answers = None, False
    audit.start(audit.session.selected)
    audit.tick()
    assert (audit.state, processes.handles) == ("asking", [])
    processes.answers = True
    audit.tick()
    assert audit.state == "running"


def test_a_learner_that_is_none_is_refused_and_nothing_is_left_over(audit: Audit) -> None:
    item = audit.session.items[0]
    item.specification = RunSpecification("old", "crossroads", "forgotten")
    with pytest.raises(UserError, match="audit: learner 'forgotten' is unknown"):
        audit.start(item)
    assert not audit.busy


@pytest.fixture
def view(qtbot, audit: Audit) -> AuditView:
    made = AuditView(audit.session, Look("light"), audit)
    qtbot.addWidget(made)
    made.resize(700, 600)
    made.show()
    made.refresh()
    return made


def test_rows_show_numbers_and_say_what_they_mean(view: AuditView) -> None:
    every: tuple[Compared, ...] = ("more", "less", "same", "undecided")
    for number, than in enumerate(every):
        view.audit.findings[PROBES[number].name] = finding(number, than)
    view.audit.failures[PROBES[4].name] = "it broke"
    view.audit.revision += 1
    view.refresh()
    assert [cell.text().replace(NO_BREAK, " ") for cell in view.rows[0].cells] == [
        "5", "1\n(0.75 to 1.25)", "3", "1.5\n(1.25 to 1.75)", "2.5\n(2.25 to 2.75)",
    ]  # fmt: skip
    assert view.rows[0].bars.accessibleName() == "Lost: learner 2; perfect 1.5; RL 0.5"
    assert "▼ Loses more than REINFORCE." in view.rows[0].words.text()
    assert "A perfect predictor loses less" in view.rows[0].words.text()
    marks = [view.rows[number].words.text().split("<b>")[1][0] for number in range(4)]
    assert marks == [MARKS[than] for than in every]
    assert len(set(marks)) == 4
    assert view.rows[4].words.text() == "Not judged: it broke"
    assert view.headings[5].text() == "REINFORCE"
    assert not view.rows[4].open.isVisible()
    assert not view.grab().isNull()


def test_buttons_are_what_can_be_done(view: AuditView, processes: Processes) -> None:
    assert view.begin.text() == "Audit RvS"
    assert (view.begin.isEnabled(), view.cancel.isEnabled(), view.copy.isEnabled()) == (True, False, False)
    view.audit.start(view.session.selected)
    view.audit.tick()
    view.refresh()
    assert (view.begin.isEnabled(), view.cancel.isEnabled()) == (False, True)
    assert view.note.text() == "RvS · 8 seeds · 0 of 16 runs ended"
    assert view.rows[0].words.text() == f"{PROBES[0].question} 0 % done."
    view.cancel.click()
    view.refresh()
    assert not view.cancel.isEnabled()


def test_the_report_is_copied_whole(view: AuditView) -> None:
    view.audit.findings["luck"] = finding(0)
    view.audit.revision += 1
    view.refresh()
    view.copy.click()
    assert "Asked for 5, it achieves 1 (0.75 to 1.25) where 3 is possible" in QApplication.clipboard().text()


def test_the_window_shows_it_where_the_plots_are_and_opens_its_runs(
    window: MainWindow, recorded: Session, settle: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    monkeypatch.setattr(Audit, "start", lambda self, item: begun.append(item.name))
    window.actions_by_name["audit"].trigger()
    settle()
    assert begun == [recorded.selected.name]
    assert window.deck.audit.isVisible()
    window.actions_by_name["show_audit"].trigger()
    settle()
    assert not window.deck.audit.isVisible()
    window.actions_by_name["show_audit"].trigger()
    paths = [item.recording.path for item in recorded.items[1:]]
    window.deck.audit.chosen.emit(paths)
    settle()
    assert [item.recording.path for item in recorded.items] == paths
    assert not window.deck.audit.isVisible()


def test_an_audit_out_of_sight_is_told_of_with_a_way_back_and_an_end(
    window: MainWindow,
    recorded: Session,
    experiment: Experiment,
    settle: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Audit, "tick", lambda self: None)
    audit, badge = window.deck.audit.audit, window.badge
    audit.name, audit.state = "RvS", "running"
    window.toggle_audit()
    settle()
    assert not badge.isVisible()  # it is what is seen
    window.session.choose(experiment)
    settle()
    assert window.deck.stage.currentWidget() is window.deck.intro
    assert badge.isVisible()
    assert badge.show_button.text() == "Audit of RvS: 0 of 0 runs ended"
    badge.cancel.click()
    settle()
    assert badge.show_button.text().startswith("Audit of RvS: cancelled")
    assert not badge.cancel.isVisible()
    audit.state = "cancelled"
    badge.show_button.click()  # once its end is seen there is nothing more to tell
    settle()
    assert window.deck.audit.isVisible()
    window.toggle_audit()
    settle()
    assert not badge.isVisible()
