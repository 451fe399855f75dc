"""Widgets painted into files: pixels, or drawings whose text is text."""

from pathlib import Path

from PySide6.QtCore import QMarginsF, QPoint, QRect, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter, QRegion
from PySide6.QtWidgets import QWidget

from engine.errors import UserError
from engine.exports.whole import whole

SCALE = 2  # pixels of a PNG for each pixel of the screen: fit for print
MARGIN = 10  # pixels around the cards of a whole page
PER_INCH = 96  # pixels: text of 11 and 12 pixels is 8 and 9 points high on paper
FINER = 10  # dots of a PDF for each pixel, so that lines stand where they should


def draw(widget: QWidget, path: Path, kind: str, scale: int = SCALE) -> None:
    """Paint a widget and all in it into a file, whole or not at all: PNG at `scale` times its size, or SVG
    or PDF, as lines and text, of the widget's size at 96 pixels an inch.

    Raises:
        UserError: when the file cannot be written.
    """

    def written(target: Path) -> bool:
        if kind == "png":
            return paint(widget, scale).save(str(target), "PNG")
        return (_svg if kind == "svg" else _pdf)(widget, target)

    with whole(path) as target:
        if not (target.parent.is_dir() and written(target)):
            raise UserError(
                f"cannot write {path}; allowed: a file in a folder that exists and can be written"
            )


def paint(widget: QWidget, scale: int = 1) -> QImage:
    """A widget as pixels, `scale` times as many as on the screen."""
    image = QImage(widget.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    _paint(widget, QPainter(image))
    return image


def _svg(widget: QWidget, path: Path) -> bool:
    from PySide6.QtSvg import QSvgGenerator

    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(widget.size())
    generator.setViewBox(QRect(QPoint(0, 0), widget.size()))
    generator.setTitle("Supertask")
    generator.setResolution(PER_INCH)
    painter = QPainter()
    if not painter.begin(generator):
        return False
    return _paint(widget, painter)


def _pdf(widget: QWidget, path: Path) -> bool:
    writer = QPdfWriter(str(path))
    writer.setTitle("Supertask")
    writer.setCreator("Supertask")
    size = QSizeF(widget.width() / PER_INCH, widget.height() / PER_INCH)
    page = QPageSize(size, QPageSize.Unit.Inch, "figure", QPageSize.SizeMatchPolicy.ExactMatch)
    orientation = QPageLayout.Orientation.Portrait
    writer.setPageLayout(QPageLayout(page, orientation, QMarginsF(0, 0, 0, 0)))
    writer.setResolution(PER_INCH * FINER)
    painter = QPainter()
    if not painter.begin(writer):
        return False
    painter.scale(FINER, FINER)
    return _paint(widget, painter)


def _paint(widget: QWidget, painter: QPainter) -> bool:
    """Paint and end: a device that goes away under an open painter takes the process along."""
    try:
        painter.fillRect(QRect(QPoint(0, 0), widget.size()), widget.window().palette().window())
        widget.render(painter, QPoint(0, 0), QRegion(), QWidget.RenderFlag.DrawChildren)
    finally:
        ended = painter.end()
    return ended
