"""A recording from its first update to its last as an animation: the app's views, scrubbed.

GIF by Pillow. MP4 (H.264, which every browser and slide show plays) by PyAV, an extra: its wheels bring the
encoder, so that nothing has to be installed beside Python.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtGui import QImage

from engine.exports.kinds import Order, Progress
from engine.exports.snapshot import Snapshot
from engine.exports.whole import whole
from gui.figures import Figure, figure_of

HOLD = 1.5  # seconds that the last frame of a GIF stays before it begins again


def write(order: Order, progress: Progress) -> None:
    """Write GIF or MP4 as `order` says: a frame for each recorded update, evenly thinned to its length.

    Raises:
        UserError: when a recording cannot be read or the file cannot be written.
    """
    with figure_of(order) as figure, whole(order.out) as path:
        steps = frame_steps(figure, order)
        frames = _frames(figure, steps, progress)
        if order.kind == "gif":
            _gif(frames, _colours(figure, steps), len(steps), path, order.rate)
        else:
            _mp4(frames, path, order.rate)
        progress(len(steps), len(steps))


def frame_steps(figure: Figure, order: Order) -> list[int]:
    """The update of each frame: of every recorded one between the first and the last, so many as the length
    allows, evenly spaced, the first and the last among them."""
    recordings = [item.recording for item in figure.session.items if item.recording is not None]
    longest = max(recordings, key=lambda recording: recording.last_step)
    steps = np.unique(Snapshot(longest, order.first, order.last).steps)
    count = max(2, min(len(steps), round(order.rate * order.seconds)))
    return [int(step) for step in steps[np.unique(np.linspace(0, len(steps) - 1, count).round().astype(int))]]


def _frames(figure: Figure, steps: list[int], progress: Progress) -> Iterator[Image.Image]:
    for number, step in enumerate(steps):
        progress(number, len(steps))
        yield _picture(figure.at(step))


def _picture(image: QImage) -> Image.Image:
    """The same pixels; the last column and row are left out where a video needs even numbers."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    width, height = image.width(), image.height()
    rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(height, image.bytesPerLine())
    pixels = rows[:, : 3 * width].reshape(height, width, 3)[: height // 2 * 2, : width // 2 * 2]
    return Image.fromarray(pixels.copy())


def _colours(figure: Figure, steps: list[int]) -> Image.Image:
    """256 colours, chosen once, from the last frame and the first: so that nothing flickers."""
    first, last = (_picture(figure.at(step)) for step in (steps[0], steps[-1]))
    both = Image.new("RGB", (first.width, 2 * first.height))
    both.paste(first, (0, 0))
    both.paste(last, (0, first.height))
    return both.quantize(256, method=Image.Quantize.MEDIANCUT)


def _gif(frames: Iterator[Image.Image], colours: Image.Image, count: int, path: Path, rate: int) -> None:
    drawn = (frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames)
    lengths = [round(1000 / rate)] * (count - 1) + [round(1000 * HOLD)]
    next(drawn).save(
        path, "GIF", save_all=True, append_images=drawn, duration=lengths, loop=0, optimize=False
    )


def _mp4(frames: Iterator[Image.Image], path: Path, rate: int) -> None:
    import av

    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = None
        for picture in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=Fraction(rate), options={"crf": "16"})
                stream.width, stream.height = picture.size
                stream.pix_fmt = "yuv420p"
            for packet in stream.encode(av.VideoFrame.from_image(picture)):
                container.mux(packet)
        if stream is not None:
            for packet in stream.encode():
                container.mux(packet)
