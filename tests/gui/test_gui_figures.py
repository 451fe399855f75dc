import gc
from dataclasses import replace
from pathlib import Path

import h5py
import pytest
import synthetic
from conftest import RUNS, Shelf
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from engine.errors import UserError
from engine.exports.kinds import Order
from gui.figures import Figure, render, write


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
    before = h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE)  # what other tests left
    counts = []
    for _ in range(3):
        render(paths, tmp_path / "figure.png", "png", "light", (900, 600))
        gc.collect()  # pyqtgraph's plots hold on to themselves in circles
        counts.append(len(qapp.topLevelWidgets()))
    assert counts[0] == counts[1] == counts[2]
    assert h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE) <= before


def test_mistakes_are_told_in_words(qapp: QApplication, tmp_path: Path, paths: list[Path]) -> None:
    with pytest.raises(UserError, match="nothing to draw"):
        render([], tmp_path / "figure.png", "png")
    with pytest.raises(UserError, match="cannot write"):
        render(paths, tmp_path / "missing" / "figure.png", "png")


def test_a_run_keeps_the_colour_it_had_in_its_experiment(qapp: QApplication, tmp_path: Path) -> None:
    files = []
    for place, name in ((2, "a"), (0, "b"), (None, "c"), (0, "d")):
        made = synthetic.layout(name, conditioned=False, seeds=2)
        specification = {**made.provenance["specification"], "place": place}
        made = replace(made, provenance={"specification": specification})
        files.append(tmp_path / f"{name}.h5")
        synthetic.write(files[-1], made, synthetic.rows(made, 2))
    with Figure(tuple(files), "light", (1000, 700)) as figure:
        # The third says nothing, and the place of the fourth is taken: they get the first that are free.
        assert [item.index for item in figure.session.items] == [2, 0, 1, 3]


@pytest.mark.parametrize("view", ["curves", "frontier", "calibration"])
def test_a_view_alone_has_a_legend(qapp: QApplication, paths: list[Path], tmp_path: Path, view: str) -> None:
    order = Order("svg", tuple(paths), tmp_path / "a.svg", view=view, width=331, height=230)
    write(order, lambda *_: None)
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert all(name in text for name, *_ in RUNS)


def test_what_does_not_fit_is_refused_in_one_line(
    qapp: QApplication, paths: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(
        UserError, match=r"the whole page does not fit into 331 by 700 pixels; allowed: from "
    ):
        render(paths, tmp_path / "a.png", "png", size=(331, 700))
    assert not list(tmp_path.glob("a.png"))
    render(paths, tmp_path / "a.png", "png", size=(661, 800), scale=1)  # as wide as a journal's page
    assert QImage(str(tmp_path / "a.png")).size() == QSize(661, 800)
