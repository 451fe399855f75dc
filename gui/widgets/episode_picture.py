"""How an episode looks while it is played: a trail on the grid, a strip of letters or choices, lines of text,
the environment's own pictures, or what it lets see of itself as curves."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from engine.episode import Episode
from gui.theme import Theme
from gui.widgets.cart_picture import draw_cart
from gui.widgets.column_names import draw_names, names_height
from gui.widgets.policy_picture import Grid, draw_cells

FRESH = 6.0  # steps for which a piece of the trail keeps its full colour
FADED = 0.3  # how opaque it is later
BUMP = 0.22  # of a cell: how far a move goes that leads nowhere
LARGEST = 34.0  # pixels of a box in a strip
CURVES = 8  # numbers of an observation that are drawn


def draw_episode(
    painter: QPainter,
    box: QRectF,
    episode: Episode,
    position: float,
    grid: Grid | None,
    actions: Sequence[str],
    drawn_as: str,
    colour: str,
    theme: Theme,
) -> None:
    """An episode after `position` steps, of which the last may be under way.

    Args:
        grid: what the cells of an episode are on.
        drawn_as: as the task says; or `cart` for CartPole.
    """
    if grid is not None and episode.cells:
        _on_grid(painter, box, episode, position, grid, QColor(colour), theme)
    elif len(episode.frames):
        _frame(painter, box, episode, position)
    elif drawn_as == "cart":
        now = episode.observations[min(int(position), episode.length)]
        draw_cart(painter, box, now, QColor(colour), theme)
    elif episode.observations.size:
        _curves(painter, box, episode, position, theme)
    elif episode.apart:
        _choices(painter, box, episode, position, actions, QColor(colour), theme)
    elif drawn_as == "strings":
        _strip(painter, box, episode, position, actions, QColor(colour), theme)
    else:
        _lines(painter, box, episode, position, actions, theme)


def whereabouts(episode: Episode, position: float, grid: Grid) -> tuple[float, float]:
    """Column and row of who moves, in cells; a move that leads nowhere goes a little way and comes back."""
    step = min(int(position), episode.length)
    row, column = divmod(episode.cells[step], grid.width)
    if step == episode.length:
        return float(column), float(row)
    part, (next_row, next_column) = position - step, divmod(episode.cells[step + 1], grid.width)
    if (next_row, next_column) == (row, column) and episode.actions[step] < len(grid.moves):
        down, right = grid.moves[episode.actions[step]]
        reach = BUMP * math.sin(math.pi * part)
        return column + reach * float(right), row + reach * float(down)
    return column + part * (next_column - column), row + part * (next_row - row)


def _on_grid(
    painter: QPainter,
    box: QRectF,
    episode: Episode,
    position: float,
    grid: Grid,
    colour: QColor,
    theme: Theme,
) -> None:
    left, top, size = draw_cells(painter, box, grid, theme)

    def place(column: float, row: float) -> QPointF:
        return QPointF(left + (column + 0.5) * size, top + (row + 0.5) * size)

    here = place(*whereabouts(episode, position, grid))
    passed = [place(*reversed(divmod(cell, grid.width))) for cell in episode.cells[: int(position) + 1]]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.text), 1.4))
    painter.drawEllipse(passed[0], 0.34 * size, 0.34 * size)
    for index, (start, end) in enumerate(zip(passed, [*passed[1:], here], strict=True)):
        shade = QColor(colour)
        shade.setAlphaF(max(FADED, min(1.0, 1.0 - (position - index - FRESH) / FRESH)))
        painter.setPen(QPen(shade, max(2.0, size / 8), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(start, end)
    painter.setPen(QPen(QColor(theme.card), 2))
    painter.setBrush(colour)
    painter.drawEllipse(here, 0.27 * size, 0.27 * size)


def _frame(painter: QPainter, box: QRectF, episode: Episode, position: float) -> None:
    index = int(np.searchsorted(episode.moments, position, side="right")) - 1
    pixels = np.ascontiguousarray(episode.frames[max(index, 0)])
    height, width = pixels.shape[:2]
    scale = min(box.width() / width, box.height() / height)
    area = QRectF(0, box.top(), scale * width, scale * height)
    area.moveLeft(box.center().x() - area.width() / 2)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(area, QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888))


def _curves(painter: QPainter, box: QRectF, episode: Episode, position: float, theme: Theme) -> None:
    values = episode.observations[:, :CURVES].astype(np.float64)
    low, span = values.min(axis=0), np.ptp(values, axis=0)
    metrics = painter.fontMetrics()
    line = metrics.height()
    area = box.adjusted(2, 4, -4, -line - 2)
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.drawRect(area)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    x = np.linspace(area.left(), area.right(), len(values))
    now = int(position)
    for index, column in enumerate(((values - low) / np.where(span > 0, span, 1.0)).T):
        y = area.bottom() - 4 - column * (area.height() - 8)
        ink = QColor(theme.runs[index % len(theme.runs)])
        painter.setPen(QPen(ink, 1.2))
        painter.drawPolyline(QPolygonF([QPointF(*p) for p in zip(x[: now + 1], y[: now + 1], strict=True)]))
        painter.setBrush(ink)
        painter.drawEllipse(QPointF(x[now], y[now]), 2.5, 2.5)
    painter.setPen(QColor(theme.muted))
    below = QRectF(box.left(), area.bottom() + 2, box.width(), line)
    words = f"{values.shape[1]} observed numbers"
    if metrics.horizontalAdvance(words) > box.width():
        words = f"{values.shape[1]} numbers"
    painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)


def _strip(
    painter: QPainter,
    box: QRectF,
    episode: Episode,
    position: float,
    actions: Sequence[str],
    colour: QColor,
    theme: Theme,
) -> None:
    """A box a letter, row after row; one that was paid is filled."""
    count, metrics = episode.length, painter.fontMetrics()
    rows = 1
    while (size := min(box.width() / -(-count // rows), box.height() / rows)) < LARGEST and rows < count:
        if min(box.width() / -(-count // (rows + 1)), box.height() / (rows + 1)) < size:
            break
        rows += 1
    size, across = min(size, LARGEST), -(-count // rows)
    left = box.center().x() - size * across / 2
    for index in range(min(count, int(position) + (position < count))):
        row, column = divmod(index, across)
        cell = QRectF(left + column * size, box.top() + row * size, size, size).adjusted(1, 1, -1, -1)
        done, paid = index < int(position), episode.rewards[index] > 0
        painter.setPen(QPen(colour if not done or index == int(position) - 1 else QColor(theme.border), 1.5))
        painter.setBrush(QColor(theme.exit) if done and paid else Qt.BrushStyle.NoBrush)
        painter.drawRect(cell)
        if done:
            painter.setPen(QColor(theme.text))
            name = actions[episode.actions[index]]
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(cell.width()) - 2)
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, words)


def _choices(
    painter: QPainter,
    box: QRectF,
    episode: Episode,
    position: float,
    actions: Sequence[str],
    colour: QColor,
    theme: Theme,
) -> None:
    """A column an action, a box a choice of it, one on the other; one that was paid is filled."""
    metrics, done = painter.fontMetrics(), min(int(position), episode.length)
    step = box.width() / len(actions)
    roomy = step > metrics.horizontalAdvance("mm")
    names = names_height(metrics, actions, step) if roomy else 2.0
    floor = box.bottom() - names
    highest = int(np.bincount(episode.actions, minlength=1).max())
    width, height = min(0.8 * step, LARGEST), min((floor - box.top()) / max(highest, 1), LARGEST / 2)
    gap = 1.0 if min(width, height) > 4 else 0.0
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.drawLine(QPointF(box.left(), floor), QPointF(box.right(), floor))
    heights = [0] * len(actions)
    for index in range(done):
        action = episode.actions[index]
        heights[action] += 1
        left = box.left() + (action + 0.5) * step - width / 2
        cell = QRectF(left, floor - heights[action] * height, width, height).adjusted(gap, gap, -gap, -gap)
        painter.setPen(QPen(QColor(theme.text) if index == done - 1 else colour, 1))
        painter.setBrush(colour if episode.rewards[index] > 0 else Qt.BrushStyle.NoBrush)
        painter.drawRect(cell)
    if roomy:
        painter.setPen(QColor(theme.muted))
        draw_names(painter, box.left(), floor + 3, actions, step, names)


def _lines(
    painter: QPainter,
    box: QRectF,
    episode: Episode,
    position: float,
    actions: Sequence[str],
    theme: Theme,
) -> None:
    """A line a step, the last one at the bottom when there are more than fit."""
    metrics = painter.fontMetrics()
    line = metrics.height() + 2
    told = [
        f"{step + 1}  {episode.contexts[step]} → {actions[episode.actions[step]]}  {episode.rewards[step]:+g}"
        for step in range(min(int(position), episode.length))
    ]
    if int(position) < episode.length:
        told.append(f"{len(told) + 1}  {episode.contexts[len(told)]} …")
    else:
        told.append(f"end  {episode.contexts[-1]}")
    room = max(1, int(box.height() // line))
    for row, words in enumerate(told[-room:]):
        last = row == min(room, len(told)) - 1
        painter.setPen(QColor(theme.text if last else theme.muted))
        place = QRectF(box.left(), box.top() + row * line, box.width(), line)
        elided = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, int(box.width()))
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
