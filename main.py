"""Supertask from the command line. With no verb it opens the app; with a recording, on that recording."""

import io
import json
import math
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from engine.errors import UserError

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


def _whole(words: list[str]) -> int:
    if not words[0].isdigit() or int(words[0]) < 1:
        raise ValueError(f"'{words[0]}'; allowed: whole numbers from 1")
    return int(words[0])


def _real(words: list[str]) -> float:
    try:
        number = float(words[0])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"'{words[0]}'; allowed: a number")
    return number


# Numbers that may be left out. Their own readers, so that a mistake is answered in one plain line.
Count = Annotated[
    int,
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="N",
        instance_from_str=_whole,
        is_instance=lambda value: isinstance(value, int),
        str_from_instance=lambda value: [str(value or "as the experiment says")],
    ),
]
Number = Annotated[
    float,
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="X",
        instance_from_str=_real,
        is_instance=lambda value: isinstance(value, float),
        str_from_instance=lambda value: ["not asked" if math.isnan(value) else f"{value:g}"],
    ),
]


def _pair_or_real(words: list[str]) -> float | tuple[float, float]:
    first, comma, second = words[0].partition(",")
    return (_real([first]), _real([second])) if comma else _real(words)


Target = Annotated[
    float | tuple[float, float],
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="G",
        instance_from_str=_pair_or_real,
        is_instance=lambda value: isinstance(value, float | tuple),
        str_from_instance=lambda value: ["not asked" if value != value else str(value)],
    ),
]


def recordings_folder() -> Path:
    """Where recordings go unless a person says otherwise."""
    import platformdirs

    return Path(platformdirs.user_data_dir("Supertask", appauthor=False)) / "recordings"


@dataclass(frozen=True)
class Run:
    """Run an experiment without a window; recordings and, if asked for, figures go to a folder."""

    experiment: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="EXPERIMENT")]
    """Name of an experiment, or path of an experiment's or a task's .toml file."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder for the recordings (default: a new one where the app keeps its own)."""
    seeds: Count = 0
    """Seeds of each run: independent replicates."""
    updates: Count = 0
    """Updates of each run."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute."""
    set: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="KNOB=VALUE")] = ()
    """Turn a knob of every run that has it."""
    json: bool = False
    """Last line on standard output: one JSON object with the results."""
    figures: bool = False
    """Also draw the app's views as PNG and SVG."""

    def __call__(self) -> int:
        from engine import catalogue, experiments
        from engine.tasks import make

        experiment = experiments.adjusted(
            experiments.load(self.experiment),
            seeds=self.seeds or None,
            updates=self.updates or None,
            device=self.device,
            knobs=dict(_assignment(text) for text in self.set),
            catalogue=catalogue.describe(),
        )
        for specification in experiment.runs:
            make.check(specification.task, specification.task_text)
        from engine import headless

        stamp = datetime.now().strftime("%Y-%m-%d %H-%M-%S")
        folder = self.out or recordings_folder() / f"{stamp} {experiment.name}"
        finished = headless.run(experiment, folder)
        if self.figures:
            from gui.figures import render

            for kind in ("png", "svg"):
                os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
                render(
                    [run.file for run in finished],
                    folder / f"{experiment.name}.{kind}",
                    kind,
                    curves=experiment.curves,
                    against=experiment.against,
                )
            print(f"figures: {folder / experiment.name}.png and .svg")
        if self.json:
            print(json.dumps({"runs": [run.as_data() for run in finished]}))
        else:
            _print_table(finished)
            print(f"recordings: {folder}")
        return 0


@dataclass(frozen=True)
class Oracle:
    """The exact answer for a task: asked for a return, or at a KL weight, or the base itself."""

    task: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="TASK")]
    """Name of a built-in task, or path of a task's .toml file."""
    target: Target = math.nan
    """Return to ask the conditional oracle for, reward units; a pair such as 2,1 where goals are two."""
    best_of: Count = 0
    """The best of N episodes of the base."""
    rounds: Count = 0
    """With the target: the predictor after so many rounds of its own data, from the policy that is best at
    reaching what it is asked for."""
    beta: Number = math.nan
    """KL weight β of the KL oracle, in reward units a nat."""
    base: bool = False
    """The base policy."""
    json: bool = False
    """One JSON object instead of a table."""

    def __call__(self) -> int:
        from engine.oracles import answers
        from engine.tasks import registry, task_file

        asked = [
            isinstance(self.target, tuple) or not math.isnan(self.target),
            not math.isnan(self.beta),
            self.base,
            self.best_of > 0,
        ]
        if sum(asked) != 1:
            raise UserError("oracle: ask for exactly one of --target G, --beta B, --base, --best-of N")
        name, text = task_file.read(Path(self.task)) if self.task.endswith(".toml") else (self.task, "")
        task = registry.load(name, text)
        if self.base:
            answer = answers.base(task)
        elif self.best_of:
            answer = answers.best_of(task, self.best_of)
        elif asked[0]:
            target = _coded(task, self.target)
            answer = (
                answers.iterated(task, target, self.rounds)
                if self.rounds
                else answers.conditional(task, target)
            )
        else:
            answer = answers.kl(task, self.beta)
        if self.json:
            print(json.dumps(answer))
        else:
            for key, value in answer.items():
                rows = value.items() if isinstance(value, dict) else [("", value)]
                for place, (name, inner) in enumerate(rows):
                    shown = f"{inner:.9g}" if isinstance(inner, float) else str(inner)
                    print(f"{key if place == 0 else '':<20} {f'{name:>8}  ' if name else ''}{shown}")
        return 0


@dataclass(frozen=True)
class List:
    """What there is: experiments, tasks, learners with their knobs, metrics."""

    json: bool = False
    """One JSON object instead of text."""

    def __call__(self) -> int:
        from engine import catalogue, experiments

        described = catalogue.describe()
        titles = {name: experiments.load(name).title for name in experiments.names()}
        if self.json:
            print(json.dumps({"experiments": titles, **described}))
            return 0
        for name, title in titles.items():
            print(f"experiment  {name:<22} {title}")
        for name, task in described["tasks"].items():
            print(f"task        {name:<22} {task['help']}")
        for name, learner in described["learners"].items():
            print(f"learner     {name:<22} {learner['help']}")
            for knob in learner["knobs"]:
                print(f"  knob      {knob['name']:<22} {knob['help']} Default {knob['default']}.")
        for metric in described["metrics"]:
            unit = f" ({metric['unit']})" if metric["unit"] else ""
            print(f"metric      {metric['name']:<22} {metric['help']}{unit}")
        return 0


@dataclass(frozen=True)
class Info:
    """What a recording holds."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """A recording."""
    json: bool = False
    """One JSON object instead of text."""

    def __call__(self) -> int:
        from engine.headless import summary
        from engine.recording.reader import Recording

        with Recording.open(self.file) as recording:
            layout = recording.layout
            about = {
                "file": str(recording.path),
                "live": recording.live,
                "rows": recording.rows,
                "seeds": list(layout.seeds),
                "targets": [None if math.isnan(target) else target for target in layout.targets],
                "probes": len(layout.probes),
                "actions": list(layout.actions),
                "events": len(recording.events),
                "checkpoints": [checkpoint.step for checkpoint in recording.checkpoints],
                "provenance": dict(layout.provenance),
            }
        about |= summary(self.file).as_data()
        if self.json:
            print(json.dumps(about))
            return 0
        for key, value in about.items():
            if isinstance(value, dict):
                print(key)
                for name, inner in value.items():
                    print(f"  {name:<24} {inner}")
            else:
                print(f"{key:<26} {value}")
        return 0


@dataclass(frozen=True)
class Export:
    """Write a recording as a table or as a figure."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """A recording."""
    to: Literal["csv", "png", "svg"]
    """csv: every metric of every step and seed. png, svg: the app's views."""
    out: Annotated[Path, tyro.conf.arg(metavar="PATH")]
    """The file to write."""

    def __call__(self) -> int:
        from engine.headless import make_folder
        from engine.recording.export import to_csv
        from engine.recording.reader import Recording

        make_folder(self.out.absolute().parent)
        with Recording.open(self.file) as recording:
            if self.to == "csv":
                to_csv(recording, self.out)
        if self.to != "csv":
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
            from gui.figures import render

            render([self.file], self.out, self.to)
        print(self.out)
        return 0


@dataclass(frozen=True)
class Recover:
    """Finish the recordings of runs that were killed. Nothing is done to runs that live."""

    path: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE-or-FOLDER")]
    """A journal, a recording that was never finished, or a folder of them."""

    def __call__(self) -> int:
        from engine.recording.recovery import recover

        recovered = recover(self.path)
        for recording in recovered:
            print(f"recovered {recording}")
        if not recovered:
            print("nothing to recover")
        return 0


@dataclass(frozen=True)
class Claims:
    """Run every experiment that ships at its real length and write what came out, claim by claim."""

    out: Annotated[Path, tyro.conf.arg(metavar="FILE")] = Path("docs/claims.md")
    """The page to write; its figures go to a folder named after it."""
    seeds: Count = 10
    """Seeds of each run."""
    recordings: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder for the recordings; what an interrupted call finished there is not run again (default:
    where the app keeps its own)."""
    experiment: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="NAME")] = ()
    """Only this experiment; may be given several times."""

    def __call__(self) -> int:
        from engine import catalogue, experiments
        from engine.claims import collect, report
        from engine.headless import make_folder
        from engine.provenance import machine

        described = catalogue.describe()
        folder = self.recordings or recordings_folder() / "claims"
        pictures = self.out.absolute().with_suffix("")
        make_folder(pictures)
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from gui.figures import render

        results = []
        for name in self.experiment or experiments.names():
            loaded = experiments.load(name)
            experiment = experiments.adjusted(loaded, seeds=self.seeds, catalogue=described)
            print(f"{name}: {experiment.title}", file=sys.stderr)
            result, paths = collect.collected(experiment, folder / name)
            picture = pictures / f"{name}.png"
            render(paths, picture, "png", curves=experiment.curves, against=experiment.against)
            results.append(replace(result, figure=f"{pictures.name}/{name}.png"))
        command = "python main.py " + " ".join(["claims", *sys.argv[2:]])
        text = report.page(
            results, command=command, seeds=self.seeds, machine=machine(), date=f"{datetime.now():%Y-%m-%d}"
        )
        self.out.write_text(text, encoding="utf-8")
        print(self.out)
        return 0


VERBS: dict[str, Callable[..., Any]] = {
    "run": Run,
    "oracle": Oracle,
    "list": List,
    "info": Info,
    "export": Export,
    "recover": Recover,
    "claims": Claims,
}


def main(arguments: list[str] | None = None) -> int:
    """Do what `arguments` say (those of the process by default) and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return _dispatch(arguments)
    except UserError as error:
        print(f"supertask: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor does the last flush fail
        return 0
    except OSError as error:
        print(f"supertask: {error.filename or 'system'}: {error.strerror or error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("supertask: interrupted; what was recorded is kept", file=sys.stderr)
        return EXIT_INTERRUPTED


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in VERBS or first in ("-h", "--help"):
        return int(_parse(arguments)())
    for argument in arguments:
        if not Path(argument).exists():
            raise UserError(
                f"'{argument}' is neither a verb nor a file; allowed: {', '.join(VERBS)}, or a recording"
            )
    recordings = [Path(argument) for argument in arguments]
    if recordings:
        from engine.recording.reader import Recording

        for recording in recordings:
            Recording.open(recording).close()  # refuses what is not one before a window opens
    return _open_app(recordings)


def _open_app(recordings: list[Path]) -> int:
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in displays):
        raise UserError("no display to open a window on; without one, type: python main.py run crossroads")
    from gui.app import main as open_window

    return open_window(experiment=None, recordings=recordings, folder=recordings_folder())


def _parse(arguments: list[str]) -> Any:
    """The command that the arguments describe, ready to be called.

    Raises:
        UserError: one line instead of the panel that tyro prints.
    """
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return tyro.extras.subcommand_cli_from_dict(
                VERBS, prog="python main.py", args=arguments, config=(tyro.conf.FlagCreatePairsOff,)
            )
    except SystemExit as stop:
        if stop.code != EXIT_USER_ERROR:
            raise
        raise UserError(_one_line(said.getvalue(), arguments[0])) from None


def _one_line(panel: str, verb: str) -> str:
    """What a panel of tyro says before its first rule, without the frame."""
    lines = [re.sub(r"[│╭╮╰╯]", "", line).strip() for line in panel.splitlines()[1:]]
    rule = next((number for number, line in enumerate(lines) if line.startswith("─")), len(lines))
    said = " ".join(line for line in lines[:rule] if line)
    return said if "allowed:" in said else f"{said.rstrip('.')}; allowed: see python main.py {verb} --help"


def _coded(task: Any, target: float | tuple[float, float]) -> float:
    """The return that a target names; a pair only where the task has two goals."""
    if not isinstance(target, tuple):
        return target
    if task.goals is None:
        raise UserError(f"oracle: task {task.name} has one return; allowed: one number")
    return float(task.goals.coded(*target))


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(f"--set {text}: allowed: KNOB=VALUE, for example --set learning_rate=0.1")
    return name.strip(), value.strip()


def _print_table(finished: list[Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = ("return", "drift", "asked", "collateral", "effective_modes")
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("run", no_wrap=True)
    for heading in ("updates", "seconds", *shown[:-1], "modes"):
        table.add_column(heading, justify="right")
    for run in finished:
        figures = (run.metrics.get(name) for name in shown)
        cells = ("not estimable" if figure is None else f"{figure:.3f}" for figure in figures)
        table.add_row(run.name, str(run.updates), f"{run.seconds:.1f}", *cells)
    Console(width=max(Console().width, 110)).print(table)


if __name__ == "__main__":
    sys.exit(main())
