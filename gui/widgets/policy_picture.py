"""How a policy looks: arrows on a grid, bars for one choice, a heat map of contexts by actions elsewhere."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from gui.theme import Theme
from gui.widgets.column_names import axes, draw_names, names_height

REACH = 0.48  # of a cell: the length of an arrow of probability 1
HOLE = 0.36  # of a cell: the radius of a hole


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid a task lives on. Cells count along the rows; `exits` have names, empty where none is known; an
    episode that gets into one of the `traps` ends without any."""

    height: int
    width: int
    walls: frozenset[int]
    exits: dict[int, str]
    moves: NDArray[np.int64] = field(compare=False)  # [A, 2] row and column
    probe_of: dict[int, int]  # cell: the probe drawn there
    traps: frozenset[int] = frozenset()

    @classmethod
    def of(cls, constants: dict[str, NDArray[np.float64]], outcomes: Sequence[str] = ()) -> "Grid | None":
        """From a recording's constants and the names of its outcomes, or None for a task that is not on a
        grid.

        Where several probes share a cell, the earliest is drawn.
        """
        if "grid_cell" not in constants or "grid_shape" not in constants or "grid_moves" not in constants:
            return None
        height, width = (int(v) for v in constants["grid_shape"])
        times = constants.get("probe_time", np.zeros(len(constants["grid_cell"])))
        probe_of: dict[int, int] = {}
        for probe in np.argsort(times, kind="stable"):
            probe_of.setdefault(int(constants["grid_cell"][probe]), int(probe))
        walls = frozenset(int(v) for v in constants.get("grid_walls", ()))
        cells = [int(v) for v in constants.get("grid_exits", ())]
        numbers = [int(v) for v in constants.get("grid_exit_outcomes", ())] or [-1] * len(cells)
        exits = {
            cell: outcomes[number] if 0 <= number < len(outcomes) else ""
            for cell, number in zip(cells, numbers, strict=False)
        }
        traps = frozenset(int(v) for v in constants.get("grid_traps", ()))
        return cls(height, width, walls, exits, np.asarray(constants["grid_moves"]), probe_of, traps)

    def cell(self, width: float, height: float) -> float:
        """How large a cell may be for the grid to fit, in the unit of both."""
        return min(width / self.width, height / self.height)


def arrows(
    centres: NDArray[np.float64], size: float, policy: NDArray[np.float64], moves: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Tips [P, A, 2] of the arrows that start at `centres` [P, 2], as x and y in pixels.

    The length of an arrow is its probability times REACH cells of `size` pixels.

    Args:
        policy: [P, A].
        moves: [A, 2] row and column step of each action; (0, 0) has no arrow.
    """
    along = np.asarray(moves, dtype=np.float64)[:, ::-1]  # x is the column
    return centres[:, None, :] + policy[:, :, None] * along[None] * (REACH * size)


def draw_grid(
    painter: QPainter, box: QRectF, grid: Grid, policy: NDArray[np.float64], colour: str, theme: Theme
) -> None:
    """One policy [P, A] as arrows, fitted and centred in `box`."""
    left, top, size = draw_cells(painter, box, grid, theme)
    cells = np.array(
        [c for c in grid.probe_of if c not in grid.exits and c not in grid.traps], dtype=np.int64
    )
    shown = policy[[grid.probe_of[int(c)] for c in cells]]
    rows, columns = np.divmod(cells, grid.width)
    centres = np.stack([left + (columns + 0.5) * size, top + (rows + 0.5) * size], axis=1)
    tips = arrows(centres, size, shown, grid.moves)
    _draw_arrows(painter, np.broadcast_to(centres[:, None], tips.shape), tips, QColor(colour), size)


def draw_cells(painter: QPainter, box: QRectF, grid: Grid, theme: Theme) -> tuple[float, float, float]:
    """The grid itself, fitted and centred in `box`: floor, walls, exits and their names, traps as holes.
    Returns what :func:`placed` does."""
    left, top, size = placed(box, grid)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor(theme.border), 1))
    cells = [
        QRectF(left + column * size, top + row * size, size, size)
        for row in range(grid.height)
        for column in range(grid.width)
    ]
    special = {**dict.fromkeys(grid.exits, theme.exit), **dict.fromkeys(grid.walls, theme.wall)}
    for colour in (theme.card, theme.wall, theme.exit):  # all of one kind at a time: a call of Qt each
        painter.setBrush(QColor(colour))
        painter.drawRects([c for n, c in enumerate(cells) if special.get(n, theme.card) == colour])
    painter.setPen(QColor(theme.text))
    for number, name in grid.exits.items():
        words = _exit(painter, name, size)
        painter.drawText(cells[number], Qt.AlignmentFlag.AlignCenter, words)
    for number in grid.traps:
        if number not in grid.exits:
            draw_hole(painter, cells[number], theme)
    return left, top, size


def draw_hole(painter: QPainter, cell: QRectF, theme: Theme) -> None:
    """Where an episode ends without an outcome."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.setBrush(QColor(theme.wall))
    painter.drawEllipse(cell.center(), HOLE * cell.width(), HOLE * cell.width())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def placed(box: QRectF, grid: Grid) -> tuple[float, float, float]:
    """Left, top and the size of a cell, in pixels, of a grid that is fitted into `box`."""
    size = grid.cell(box.width(), box.height())
    return box.center().x() - size * grid.width / 2, box.top(), size


def _exit(painter: QPainter, name: str, size: float) -> str:
    """What an exit is called in its cell: its name, or else the numbers in it, or else "exit", as far as they
    fit; a dot where nothing does."""
    bare = name.partition(" (row")[0]
    words = [bare, ",".join(re.findall(r"-?[.\d]+", bare)), "exit"]
    metrics = painter.fontMetrics()
    return next((w for w in words if w and metrics.horizontalAdvance(w) <= size - 3), "•")


def _draw_arrows(
    painter: QPainter, starts: NDArray[np.float64], tips: NDArray[np.float64], colour: QColor, size: float
) -> None:
    """All arrows in two strokes of the painter: shafts, then heads."""
    starts, tips = starts.reshape(-1, 2), tips.reshape(-1, 2)
    along = tips - starts
    length = np.hypot(along[:, 0], along[:, 1])
    seen = np.isfinite(length) & (length > 0.6)
    if not seen.any():
        return
    starts, tips, along, length = starts[seen], tips[seen], along[seen], length[seen, None]
    head = np.minimum(0.16 * size, 0.55 * length)
    unit = along / length
    neck = tips - unit * head
    side = np.stack([-unit[:, 1], unit[:, 0]], axis=1) * head * 0.62
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, max(1.4, size / 14), Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawPath(_pieces(starts, neck))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPath(_pieces(tips, neck + side, neck - side))


def _pieces(*corners: NDArray[np.float64]) -> QPainterPath:
    """One path of many pieces: the k-th joins the k-th point of each of `corners` [n, 2]."""
    points = np.stack(corners, axis=1)
    connect = np.ones(points.shape[:2], dtype=np.int32)
    connect[:, -1] = 0
    x, y = points.reshape(-1, 2).T
    return arrayToQPath(np.ascontiguousarray(x), np.ascontiguousarray(y), connect.ravel(), finiteCheck=False)


@lru_cache(maxsize=8)
def colour_table(stops: tuple[str, ...]) -> list[int]:
    """256 colours from the first stop to the last."""
    colours = np.array([QColor(stop).getRgb()[:3] for stop in stops], dtype=np.float64)
    places = np.linspace(0, len(stops) - 1, 256)
    red, green, blue = (
        np.interp(places, np.arange(len(stops)), colours[:, k]).round().astype(int) for k in range(3)
    )
    return [
        (255 << 24) | (int(r) << 16) | (int(g) << 8) | int(b)
        for r, g, b in zip(red, green, blue, strict=True)
    ]


def image_of(values: NDArray[np.float64], table: list[int]) -> QImage:
    """Probabilities [rows, columns] in 0 … 1 as an image, row by row; NaN is drawn as nothing."""
    bytes_ = np.ascontiguousarray(np.clip(np.nan_to_num(values) * 255, 0, 255).astype(np.uint8))
    height, width = bytes_.shape
    image = QImage(bytes_.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(table)
    return image.convertToFormat(QImage.Format.Format_RGB32)  # which Qt stretches nine times as fast


def draw_bars(
    painter: QPainter,
    box: QRectF,
    policy: NDArray[np.float64],
    actions: tuple[str, ...],
    colour: str,
    theme: Theme,
) -> None:
    """The policy of a single context: a bar [A] an arm, its share above it and its name below where there is
    room; else the names of the first and the last."""
    metrics, step = painter.fontMetrics(), box.width() / len(actions)
    roomy = step > metrics.horizontalAdvance("0.00") + 4
    line = metrics.height()
    below = names_height(metrics, actions, step) if roomy else line + 3
    area = box.adjusted(0, line, 0, -below)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for index, share in enumerate(policy.tolist()):
        height = area.height() * (share if np.isfinite(share) else 0.0)
        left = area.left() + index * step
        gap = min(6.0, step / 8)
        painter.fillRect(QRectF(left + gap, area.bottom() - height, step - 2 * gap, height), QColor(colour))
        if roomy:
            painter.setPen(QColor(theme.text))
            place = QRectF(left, area.bottom() - height - line, step, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"{share:.2f}")
    painter.setPen(QColor(theme.muted))
    if roomy:
        draw_names(painter, area.left(), area.bottom() + 3, actions, step, below - 3)
    else:
        ends = QRectF(area.left(), area.bottom() + 3, area.width(), line)
        painter.drawText(ends, Qt.AlignmentFlag.AlignLeft, actions[0])
        painter.drawText(ends, Qt.AlignmentFlag.AlignRight, actions[-1])
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.drawLine(area.bottomLeft(), area.bottomRight())


def draw_heat_map(
    painter: QPainter,
    box: QRectF,
    policy: NDArray[np.float64],
    actions: tuple[str, ...],
    probes: tuple[str, ...],
    theme: Theme,
    names: float,
) -> None:
    """One policy [P, A]: a row a context, a column an action, darker is likelier. As many of the rows are
    named as can be read in `names` pixels at the left; none where that is 0."""
    metrics = painter.fontMetrics()
    line = metrics.height()
    step = (box.width() - names) / len(actions)
    below = names_height(metrics, actions, step)
    area = box.adjusted(names, 0, 0, -below)
    if names:
        _draw_contexts(painter, QRectF(box.left(), area.top(), names - 5, area.height()), probes, theme, line)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(area, image_of(policy, colour_table(theme.image)))
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area)
    for _, columns in axes(actions)[1:]:
        across = area.left() + columns.start * step
        painter.drawLine(QPointF(across, area.top()), QPointF(across, area.bottom()))
    painter.setPen(QColor(theme.muted))
    draw_names(painter, area.left(), area.bottom() + 3, actions, step, below - 3)


def _draw_contexts(painter: QPainter, box: QRectF, probes: Sequence[str], theme: Theme, line: float) -> None:
    metrics, height = painter.fontMetrics(), box.height() / max(len(probes), 1)
    painter.setPen(QColor(theme.muted))
    for row in range(0, len(probes), max(1, math.ceil(line / max(height, 1e-9)))):
        place = QRectF(box.left(), box.top() + row * height, box.width(), max(height, line))
        if place.bottom() > box.bottom() + 4:
            break
        flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        wrapped = flags | int(Qt.TextFlag.TextWordWrap)
        if place.contains(QRectF(metrics.boundingRect(place.toRect(), wrapped, probes[row]))):
            painter.drawText(place, wrapped, probes[row])
        else:
            text = metrics.elidedText(probes[row], Qt.TextElideMode.ElideMiddle, int(place.width()))
            painter.drawText(place, flags, text)
