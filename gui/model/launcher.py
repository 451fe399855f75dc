"""What the app needs of whoever starts processes for it."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.specification import RunSpecification

if TYPE_CHECKING:
    from engine.launch import CatalogueRequest, Onlooker, RunHandle


class Launcher(Protocol):
    """As `engine.launch` is one."""

    def launch(self, specification: RunSpecification, folder: Path, hold: bool) -> "RunHandle": ...
    def next_id(self) -> int: ...
    def request_catalogue(self) -> "CatalogueRequest": ...
    def onlook(self, specification: RunSpecification) -> "Onlooker": ...
