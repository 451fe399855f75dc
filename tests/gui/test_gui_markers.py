"""Markers along a curve: where they stand when the curve is not measured everywhere, or is seen closely."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from gui.theme import Look
from gui.views.curves import MARKER_EVERY, _markers, _places

BOX = QRectF(40, 10, 400, 200)
NAN = np.nan


@pytest.mark.parametrize("x", [[NAN, NAN], [NAN, 50.0], [50.0, np.inf], [], [50.0, 430.0]])
def test_a_curve_that_is_not_known_everywhere_is_marked_where_it_is(x: list[float]) -> None:
    picture = QImage(500, 250, QImage.Format.Format_ARGB32)
    picture.fill(0)
    painter = QPainter(picture)
    _markers(painter, np.array(x), np.full(len(x), 100.0), Look("light").theme.style(0, False), 20.0, BOX)
    painter.end()
    drawn = any(picture.pixel(column, 100) for column in range(500))
    assert drawn == bool(np.isfinite(x).any())


def test_far_out_of_sight_there_are_none() -> None:
    places = _places(np.array([-3e12, 5e12]), 20.0, BOX)
    assert 4 <= len(places) <= 5
    assert places.min() >= BOX.left()
    assert places.max() < BOX.right()
    np.testing.assert_allclose(np.diff(places), MARKER_EVERY)
