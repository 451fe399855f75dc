"""The report: everything in one file, what it says is what the recording holds, and its commands work."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from export_samples import Recorded, recorded_run  # noqa: F401 (a fixture)

from engine import experiments
from engine.exports.chart import HEIGHT, LEFT, RIGHT, WIDTH, Line, chart, ticks
from engine.exports.job import carry_out
from engine.exports.kinds import Order
from engine.recording.reader import Recording
from engine.specification import RunSpecification


class Outline(HTMLParser):
    """Rows of every table, what is loaded, and whether every tag that was opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "line", "polygon", "polyline"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "polygon", "polyline"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def page(recorded_run: Recorded, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("report") / "r.html"
    carry_out(Order("html", (recorded_run("reinforce"),), out))
    return out.read_text(encoding="utf-8")


def test_it_is_whole_and_loads_nothing(page: str) -> None:
    outline = Outline(page)
    assert outline.open == []
    assert outline.loads == []
    assert not re.search(r"https?:|<script|@import|url\(", page)
    assert "$" not in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_its_numbers_are_the_recordings(page: str, recorded_run: Recorded) -> None:
    rows = Outline(page).rows
    with Recording.open(recorded_run("reinforce")) as recording:
        for place, seed in enumerate((0, 3)):
            meant = [
                f"{recording.metric(name)[-1, place] + 0.0:.4f}" for name in ("return", "drift", "asked")
            ]
            assert any(row[:4] == [str(seed), *meant] for row in rows)
        mean = f"{recording.metric('drift')[-1].mean():.4f}"
        definition = next(column.help for column in recording.layout.columns if column.name == "drift")
        assert any(row[0] == "Drift" and row[1] == mean and row[-1] == definition for row in rows)
        for checkpoint in recording.checkpoints:
            assert [str(checkpoint.step), checkpoint.file, checkpoint.sha256] in rows
    assert any(row[0] == "5" and row[-1].endswith(" → 0.02") for row in rows)
    assert page.count('class="mark"') >= 5  # the turn, in every figure


def test_of_a_range_it_says_what_was_so_then(recorded_run: Recorded, tmp_path: Path) -> None:
    carry_out(Order("html", (recorded_run("reinforce"),), tmp_path / "r.html", last=4))
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    with Recording.open(recorded_run("reinforce")) as recording:
        assert f"{recording.metric('drift')[4].mean():.4f}" in text
        assert f"{recording.metric('drift')[-1].mean():.4f}" not in text
    assert "updates 0 to 4" in text
    assert "→ 0.02" not in text  # turned later


def test_its_experiment_is_the_run(recorded_run: Recorded, tmp_path: Path) -> None:
    """Of a run with the first seeds the report holds an experiment; read back, it is that run."""
    from engine.exports.again import commands, experiment
    from engine.exports.snapshot import Snapshot

    made = RunSpecification(
        "β & <b>", "crossroads", "reinforce", {"episodes": 8, "baseline": "none"}, (0, 1), 12
    )
    (tmp_path / "mine.toml").write_text(experiment(json.loads(made.to_json()), "mine"), encoding="utf-8")
    assert experiments.load(str(tmp_path / "mine.toml")).runs == (made,)
    with Recording.open(recorded_run("reinforce")) as recording:  # seeds 0 and 3: no experiment says so
        assert [text for _, text in commands(Snapshot(recording))] == ["python main.py replay reinforce.h5"]


def test_names_cannot_break_the_page(recorded_run: Recorded, page: str) -> None:
    from engine.exports.report import _table

    assert _table(("a",), [("<script>&",)]).count("&lt;script&gt;&amp;") == 1
    assert unescape(_table(("a",), [("<b>",)])).count("<b>") == 1


def test_a_chart_puts_points_where_they_belong() -> None:
    x = np.array([0.0, 50.0, 100.0])
    y = np.array([0.0, 1.0, 2.0])
    drawn = chart("A & B", "nats", [Line("a", "one", x, y, y - 0.5, y + 0.5)], [25, 400])
    points = re.search(r'<polyline class="line one" points="([^"]*)"', drawn)
    assert points is not None
    places = [tuple(map(float, pair.split(","))) for pair in points[1].split()]
    middle = (LEFT + WIDTH - RIGHT) / 2
    assert [place[0] for place in places] == [LEFT, middle, WIDTH - RIGHT]
    assert places[0][1] - places[1][1] == pytest.approx(places[1][1] - places[2][1], abs=0.11)
    assert places[2][1] < places[1][1] < places[0][1] < HEIGHT
    assert drawn.count('class="mark"') == 1  # the other is not in the range
    assert "A &amp; B, nats" in drawn
    assert "a ends at 2" in drawn
    assert chart("none", "", [Line("a", "one", x, x * np.nan, x, x)], []) == ""


def test_ticks_are_round_and_within() -> None:
    assert ticks(0.0, 1.0, 5) == [(0.0, "0.0"), (0.2, "0.2"), (0.4, "0.4"), (pytest.approx(0.6), "0.6"),
                                  (0.8, "0.8"), (1.0, "1.0")]  # fmt: skip
    assert [text for _, text in ticks(0, 2000, 2)] == ["0", "1\u2009000", "2\u2009000"]
