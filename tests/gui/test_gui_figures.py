import gc
from pathlib import Path

import h5py
import pytest
from conftest import RUNS, Shelf
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from engine.errors import UserError
from gui.figures import render


@pytest.fixture
def paths(shelf: Shelf, tmp_path: Path) -> list[Path]:
    made = []
    for name, conditioned, oracle, collapse in RUNS:
        made.append(tmp_path / f"{name}.h5")
        shelf.put(made[-1], name, conditioned, oracle, collapse)
    return made


@pytest.mark.parametrize(("theme", "ground"), [("light", "#f4f4f2"), ("dark", "#15171b")])
def test_a_png_has_twice_the_pixels_and_the_theme(
    qapp: QApplication, paths: list[Path], tmp_path: Path, theme: str, ground: str
) -> None:
    render(paths, tmp_path / "figure.png", "png", theme, (1000, 700))
    image = QImage(str(tmp_path / "figure.png"))
    assert image.size() == QSize(2000, 1400)
    assert image.pixelColor(2, 2) == QColor(ground)
    colours = {image.pixelColor(x, y).name() for x in range(0, 2000, 3) for y in range(0, 1400, 3)}
    assert len(colours) > 50  # something is drawn


def test_an_svg_is_a_drawing_with_its_runs_named(
    qapp: QApplication, paths: list[Path], tmp_path: Path
) -> None:
    render(paths, tmp_path / "figure.svg", "svg", "light", (1000, 700))
    renderer = QSvgRenderer(str(tmp_path / "figure.svg"))
    assert renderer.isValid()
    assert renderer.viewBox() == QRect(0, 0, 1000, 700)
    text = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert all(name in text for name, *_ in RUNS)
    assert text.count("<path") > 100


def test_nothing_stays_open(qapp: QApplication, paths: list[Path], tmp_path: Path) -> None:
    counts = []
    for _ in range(3):
        render(paths, tmp_path / "figure.png", "png", "light", (900, 600))
        gc.collect()  # pyqtgraph's plots hold on to themselves in circles
        counts.append(len(qapp.topLevelWidgets()))
    assert counts[0] == counts[1] == counts[2]
    assert h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE) == 0


def test_mistakes_are_told_in_words(qapp: QApplication, tmp_path: Path, paths: list[Path]) -> None:
    with pytest.raises(UserError, match="nothing to draw"):
        render([], tmp_path / "figure.png", "png")
    with pytest.raises(UserError, match="cannot write"):
        render(paths, tmp_path / "missing" / "figure.png", "png")
