"""Films and figures for print: what is in them, frame by frame and page by page."""

from pathlib import Path

import av
import numpy as np
import pytest
from conftest import RUNS, Shelf
from PIL import Image
from PySide6.QtWidgets import QApplication

from engine.errors import UserError
from engine.exports.job import carry_out
from engine.exports.kinds import VIEWS, WHOLE_PAGE, Order
from gui.figures import Figure, figure_of
from gui.film import frame_steps
from gui.shown import Shown


@pytest.fixture
def paths(shelf: Shelf, tmp_path: Path) -> tuple[Path, ...]:
    made = []
    for name, conditioned, oracle, collapse in RUNS:
        made.append(tmp_path / f"{name}.h5")
        shelf.put(made[-1], name, conditioned, oracle, collapse)
    return tuple(made)


def ordered(kind: str, paths: tuple[Path, ...], **chosen: object) -> Order:
    out = paths[0].parent / f"out.{kind}"
    return Order(kind, paths, out, view="drift", width=321, height=201, **chosen)


def test_a_gif_goes_from_the_first_update_to_the_last(qapp: QApplication, paths: tuple[Path, ...]) -> None:
    told: list[tuple[int, int]] = []
    order = ordered("gif", paths, rate=5, seconds=1.2, first=10)
    carry_out(order, lambda done, of: told.append((done, of)))
    assert told == [(number, 6) for number in range(7)]
    with Figure(paths, "light", (321, 201), "drift") as figure, Image.open(order.out) as film:
        assert film.n_frames == 6
        assert film.size == (320, 200)
        for number, step in enumerate((10, 20, 30, 40, 50, 60)):
            film.seek(number)
            assert film.info["duration"] == (1500 if number == 5 else 200)
            shown = np.asarray(film.convert("RGB"), dtype=int)
            image = figure.at(step).convertToFormat(figure.at(step).Format.Format_RGB888)
            rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(201, image.bytesPerLine())
            meant = rows[:200, :960].reshape(200, 320, 3).astype(int)
            assert np.abs(shown - meant).mean() < 3  # 256 colours


def test_an_mp4_has_the_frames_that_were_asked_for(qapp: QApplication, paths: tuple[Path, ...]) -> None:
    order = ordered("mp4", paths, rate=10, seconds=0.7)
    carry_out(order)
    with av.open(str(order.out)) as film:
        stream = film.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(stream)]
        assert (stream.codec_context.name, stream.average_rate) == ("h264", 10)
    assert len(frames) == 7
    assert frames[0].shape == (200, 320, 3)
    with Figure(paths, "light", (321, 201), "drift") as figure:
        image = figure.at(60).convertToFormat(figure.at(60).Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(201, image.bytesPerLine())
        meant = rows[:200, :960].reshape(200, 320, 3).astype(int)
    assert np.abs(frames[-1] - meant).mean() < 4 < np.abs(frames[0] - meant).mean()


def test_a_film_that_is_stopped_leaves_no_file(qapp: QApplication, paths: tuple[Path, ...]) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    for kind in ("gif", "mp4"):
        with pytest.raises(KeyboardInterrupt):
            carry_out(ordered(kind, paths), stop)
    assert {path.suffix for path in paths[0].parent.iterdir()} == {".h5"}


def test_a_pdf_is_of_its_size_on_paper_and_its_text_is_text(
    qapp: QApplication, paths: tuple[Path, ...]
) -> None:
    order = ordered("pdf", paths)
    carry_out(order)
    data = order.out.read_bytes()
    assert data.startswith(b"%PDF")
    box = data[data.index(b"/MediaBox") :].split(b"[")[1].split(b"]")[0].split()
    assert [float(number) for number in box[2:]] == pytest.approx([321 * 0.75, 201 * 0.75], abs=1.5)
    assert b"/Font" in data
    assert b"/Subtype /Image" not in data


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_can_be_a_figure(qapp: QApplication, paths: tuple[Path, ...], view: str) -> None:
    width, height = (700, 600) if view == WHOLE_PAGE else (640, 400)
    with Figure(paths, "light", (width, height), view) as figure:
        image = figure.at(60)
        colours = {image.pixelColor(x, y).name() for x in range(0, width, 4) for y in range(0, height, 4)}
    assert len(colours) > 6  # more than a card with a title


def test_a_figure_shows_what_the_window_showed(qapp: QApplication, paths: tuple[Path, ...]) -> None:
    shown = Shown(
        curves=("drift", "return"), selected=1, hidden=(0,), target=0.0, seed=2,
        ranges={"curves": (5.0, 25.0, 0.0, 1.5)}, names=("mine", "RvS", "oracle"), indices=(0, 3, 0),
    )  # fmt: skip
    with Figure(paths, "light", (900, 600), shown=Shown(**shown.as_data())) as figure:
        assert Shown.of(figure.deck) == shown
        assert [(item.name, item.index) for item in figure.session.shown] == [("RvS", 3), ("oracle", 0)]


def test_a_film_of_runs_that_went_on_ends_where_all_of_them_had_been(
    qapp: QApplication, paths: tuple[Path, ...]
) -> None:
    order = ordered("gif", paths, rate=5, seconds=1.0, held=(20, 20, None))
    with figure_of(order) as figure:
        assert [item.last_step for item in figure.session.items] == [20, 20, 1]
        assert frame_steps(figure, order) == [0, 5, 10, 15, 20]
        assert figure.session.cursor.end == 20


def test_mistakes_are_told_in_words(qapp: QApplication, paths: tuple[Path, ...], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to draw"):
        Figure((), "light", (100, 100))
    with pytest.raises(UserError, match="no such recording"):
        carry_out(Order("gif", (tmp_path / "nosuch.h5",), tmp_path / "x.gif"))
    with pytest.raises(UserError, match="cannot write"):
        carry_out(Order("gif", paths, tmp_path / "nowhere" / "x.gif", seconds=0.2))
