"""Where a run that joins has its place: the folder of its recording, and its colour beside those open."""

from itertools import count
from pathlib import Path

from engine.errors import UserError
from engine.specification import RunSpecification
from gui.model.run_item import RunItem


def new_folder(parent: Path, name: str) -> Path:
    """A folder of that name, numbered where there is one already: two starts may fall into one second.

    Raises:
        UserError: where nothing can be written.
    """
    folder, number = parent / name, 1
    while folder.exists():
        number += 1
        folder = parent / f"{name} {number}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UserError(f"cannot write recordings to {parent}: {error.strerror}") from None
    return folder


def free_index(run: RunSpecification, oracle: bool, others: list[RunItem]) -> int:
    """The run's place in its experiment, so that its colour stays with it; the first free one where that is
    not known or taken."""
    taken = {other.index for other in others if other.oracle == oracle}
    if run.place is not None and run.place not in taken:
        return run.place
    return next(index for index in count() if index not in taken)
