"""CartPole as it is observed: its own pictures would need a package, and four numbers say it all."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.theme import Theme

TRACK, POLE = 2.4, 1.0  # half the track, and the pole, in the environment's units of length
CART = (0.5, 0.3)  # its width and height


def cart_at(box: QRectF, position: float, angle: float) -> tuple[QPointF, QPointF, float]:
    """The middle of the cart's top, the pole's tip, and pixels a unit, for a cart's position and the pole's
    angle (radians clockwise from upright)."""
    scale = min(box.width() / (2 * TRACK + CART[0]), 0.9 * box.height() / (POLE + CART[1]))
    middle = box.center()
    foot = QPointF(middle.x() + scale * position, middle.y() + scale * (POLE - CART[1]) / 2)
    tip = foot + QPointF(scale * POLE * math.sin(angle), -scale * POLE * math.cos(angle))
    return foot, tip, scale


def draw_cart(
    painter: QPainter,
    box: QRectF,
    observed: NDArray[np.floating],
    colour: QColor,
    theme: Theme,
) -> None:
    """Cart, pole and track for one observation [4]: position, velocity, angle, angular velocity."""
    foot, tip, scale = cart_at(box, float(observed[0]), float(observed[2]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    line = foot.y() + scale * CART[1]
    painter.setPen(QPen(QColor(theme.border), 2))
    ends = (box.center().x() - scale * TRACK, box.center().x() + scale * TRACK)
    painter.drawLine(QPointF(ends[0], line), QPointF(ends[1], line))
    for end in ends:  # beyond them the episode is over
        painter.drawLine(QPointF(end, line - 5), QPointF(end, line + 5))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.muted))
    width, height = (scale * length for length in CART)
    painter.drawRoundedRect(QRectF(foot.x() - width / 2, foot.y(), width, height), 2, 2)
    painter.setPen(QPen(colour, max(3.0, scale / 9), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(foot, tip)
