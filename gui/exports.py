"""Writing what is visible: pictures, figures for print, numbers, the recording itself."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QImage, QPainter, QRegion
from PySide6.QtWidgets import QWidget

from engine.errors import UserError
from gui.model.session import Session

if TYPE_CHECKING:
    from gui.main_window import MainWindow

Kind = Literal["png", "svg", "csv", "h5"]
SCALE = 2  # pixels of a PNG for each pixel of the screen: fit for print


def suggested_name(session: Session, kind: Kind) -> str:
    """A file name to start from."""
    if kind in ("csv", "h5") and session.selected is not None:
        stem = session.selected.name
    else:
        stem = session.experiment.name if session.experiment is not None else "recordings"
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in stem.lower()).strip("-") + f".{kind}"


def export(window: "MainWindow", kind: Kind, path: Path) -> str:
    """Write one file and say in words what it is. Raises UserError when it cannot be written."""
    try:
        if kind in ("png", "svg"):
            draw(window.deck.board, path, kind)
            return f"Wrote what is visible to {path}"
        item = window.session.selected
        if item is None or item.recording is None:
            raise UserError("nothing to export yet: run an experiment or open a recording first")
        if kind == "csv":
            from engine.recording.export import to_csv

            to_csv(item.recording, path)
            return f"Wrote the metrics of {item.name} to {path}"
        if item.recording.live:
            raise UserError(f"{item.name} is still being recorded; stop it (Ctrl+.) and copy it then")
        shutil.copyfile(item.recording.path, path)
        return f"Copied the recording of {item.name} to {path}"
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None


def draw(widget: QWidget, path: Path, kind: str, scale: int = SCALE) -> None:
    """Paint a widget and all in it into a file: PNG at `scale` times its size, or SVG with text as text.

    Raises:
        UserError: when the file cannot be written.
    """
    if kind == "png":
        image = QImage(widget.size() * scale, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(scale)
        painter = QPainter(image)
        _paint(widget, painter)
        painter.end()
        written = image.save(str(path), "PNG")
    else:
        from PySide6.QtSvg import QSvgGenerator

        generator = QSvgGenerator()
        generator.setFileName(str(path))
        generator.setSize(widget.size())
        generator.setViewBox(QRect(QPoint(0, 0), widget.size()))
        generator.setTitle("Supertask")
        generator.setResolution(96)
        painter = QPainter()
        written = painter.begin(generator)
        if written:
            _paint(widget, painter)
            painter.end()
    if not written:
        raise UserError(f"cannot write {path}; allowed: a file in a folder that exists and can be written")


def _paint(widget: QWidget, painter: QPainter) -> None:
    size: QSize = widget.size()
    painter.fillRect(QRect(QPoint(0, 0), size), widget.window().palette().window())
    widget.render(painter, QPoint(0, 0), QRegion(), QWidget.RenderFlag.DrawChildren)
