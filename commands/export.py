"""`export`: a recording as something else."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from commands.arguments import Number, count, whole
from commands.progress import progress
from engine.errors import one_of
from engine.exports.kinds import KINDS, VIEWS, WHOLE_PAGE, Order


def _named(what: str, allowed: tuple[str, ...]) -> tyro.constructors.PrimitiveConstructorSpec[str]:
    """One of some names that a table holds, refused in one line."""

    def read(words: list[str]) -> str:
        if words[0] not in allowed:
            raise one_of(what, words[0], allowed)
        return words[0]

    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="{" + ",".join(allowed) + "}",
        instance_from_str=read,
        is_instance=lambda value: isinstance(value, str),
        str_from_instance=lambda value: [value],
    )


Step = Annotated[
    int,
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="N",
        instance_from_str=lambda words: 0 if words[0] == "0" else whole(words),
        is_instance=lambda value: isinstance(value, int),
        str_from_instance=lambda value: ["the", "whole", "run"] if value < 0 else [str(value)],
    ),
]
Own = Annotated[int, count("its own")]


@dataclass(frozen=True)
class Export:
    """Write recordings as numbers, episodes, figures, films, a report or a session. A run that goes on is
    told of as it was at the update at which this begins; several, at the newest that all of them have
    reached. Ctrl+C leaves no file."""

    file: Annotated[
        tyro.conf.Positional[tuple[Path, ...]],
        tyro.conf.arg(metavar="FILE [FILE …]", help_behavior_hint="(required)"),
    ]
    """A recording; figures, films and sessions hold several."""
    to: Annotated[str, _named("export to", tuple(KINDS))]
    """What to write."""
    out: Annotated[Path, tyro.conf.arg(metavar="PATH")]
    """The file to write; of episodes (minari) a new folder."""
    first: Step = -1
    """First update, of numbers, films and reports."""
    last: Step = -1
    """Last update."""
    view: Annotated[str, _named("view", VIEWS)] = WHOLE_PAGE
    """What figures and films show."""
    theme: Literal["light", "dark"] = "light"
    """Of figures and films."""
    width: Own = 0
    """Of figures and films, in pixels of 1/96 inch; text is 8 to 9 points high. A journal's column: 331."""
    height: Own = 0
    """As the width."""
    rate: Own = 0
    """Frames a second of a film."""
    seconds: Number = float("nan")
    """How long a film plays, at most."""
    episodes: Annotated[int, count("all that there are")] = 0
    """Episodes of a data set, at most, evenly spaced over the run."""
    acted: bool = False
    """Of a data set: what the policy does at the newest checkpoint, each return asked for equally often."""

    def __call__(self) -> int:
        from engine.exports import together
        from engine.exports.job import carry_out
        from engine.headless import make_folder
        from engine.recording.gatekeeper import admit
        from engine.recording.reader import Recording

        sizes = {} if self.view == WHOLE_PAGE else {"width": 640, "height": 400}
        names = ("width", "height", "rate", "episodes")
        chosen = {name: getattr(self, name) for name in names if getattr(self, name)}
        if self.seconds == self.seconds:
            chosen["seconds"] = self.seconds
        order = Order(
            kind=self.to,
            recordings=self.file,
            out=self.out,
            first=None if self.first < 0 else self.first,
            last=None if self.last < 0 else self.last,
            view=self.view,
            theme=self.theme,
            acted=self.acted,
            **{**sizes, **chosen},
        )
        order.checked()
        make_folder(self.out.absolute().parent)
        for file in self.file:
            admit(file)
        with ExitStack() as stack:
            held = together.held_at([stack.enter_context(Recording.open(file)) for file in self.file])
        if said := together.said(held):
            print(f"export: {said}", file=sys.stderr)
        with progress("export") as told:
            carry_out(replace(order, held=held), told)
        print(self.out)
        return 0
