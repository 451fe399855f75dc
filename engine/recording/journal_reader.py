"""Reading a journal: every whole frame, also those after a damaged place, and what was lost between."""

import os
from collections.abc import Iterator
from pathlib import Path

from engine.errors import UserError
from engine.recording import codec, frames
from engine.recording.codec import Block
from engine.recording.frames import BLOCK, END, HEADER, LAYOUT, MAGIC, Header
from engine.recording.schema import Event, Layout

_WINDOW = 1 << 20  # bytes searched at once for the next frame


class JournalReader:
    """Read a journal from its start, as far as it is whole; it may still be growing.

    Attributes:
        layout: None until its frame is whole.
        lossless: policies are at full float32.
        ended: the run closed its journal.
        damaged: bytes before the last whole frame could not be read; rows may be missing there.
        rows: rows in the blocks given so far.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            UserError: when it is not a journal.
            FileNotFoundError: when there is none.
        """
        self._path = path
        self._stream = path.open("rb", buffering=0)
        self._at = 0  # the end of what is understood
        self._searched = 0  # no frame begins between `_at` and here
        self._journal: int | None = None
        self._number = 0  # of the frame that comes next
        self._row = 0  # as the writer counts: with the rows that were lost
        self._place = (0, 0.0)  # step and seconds of the last row, for what is told of a gap
        self.layout: Layout | None = None
        self.lossless = False
        self.ended = False
        self.damaged = False
        self.rows = 0
        start = self._stream.read(len(MAGIC))
        if MAGIC.startswith(start):
            self._at = len(start) if start == MAGIC else 0
            self._read_layout()
        elif not self._begins_damaged():
            self.close()
            raise UserError(f"{path} is not a journal of a recording, or of another version")

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    @property
    def unread(self) -> int:
        """Bytes after the last whole frame, once :meth:`blocks` has run dry."""
        return max(0, self._size() - self._at)

    @property
    def torn(self) -> bool:
        """True when what is unread is the beginning of one frame: its writer died over it, or is at it.
        Nothing of it was acknowledged."""
        if self._at == 0 and self._size() < len(MAGIC):
            return True
        start = max(self._at, len(MAGIC))
        return self._growing(start) or self._cut_short(start)

    def begun(self) -> bool:
        """True once the layout is whole; it is looked for again at each call."""
        self._read_layout()
        return self.layout is not None

    def blocks(self) -> Iterator[Block]:
        """Give the whole blocks that have not been given yet. Call it again to follow. A place that
        could not be read is told by an `alarm` where it was."""
        if not self.begun():
            return
        assert self.layout is not None
        while not self.ended and (found := self._next_frame()) is not None:
            header, payload, skipped = found
            if skipped:
                yield self._gap(skipped, header.first_row - self._row)
            self._row = header.first_row
            if header.kind == END:
                self.ended = True
            elif header.kind == BLOCK:
                block = codec.decode_block(self.layout, payload, self.rows)
                self.rows += len(block.steps)
                self._row += len(block.steps)
                if len(block.steps):
                    self._place = (int(block.steps[-1]), float(block.seconds[-1]))
                yield block

    def batches(self, size: int = 8 << 20, count: int = 1024) -> Iterator[Block]:
        """The same as :meth:`blocks`, in blocks merged to about `size` bytes or `count` blocks."""
        gathered: list[Block] = []
        nbytes = 0
        for block in self.blocks():
            gathered.append(block)
            nbytes += block.nbytes
            if nbytes >= size or len(gathered) >= count:
                yield codec.merged(gathered)
                gathered, nbytes = [], 0
        if gathered:
            yield codec.merged(gathered)

    def unreadable_tail(self) -> Block | None:
        """What there is to tell of a dead run's journal after its last whole frame; None when nothing."""
        if self.ended or not self.unread or self.torn:
            return None
        return self._gap(self.unread, None)

    def _gap(self, skipped: int, rows: int | None) -> Block:
        self.damaged = True
        lost = "it is not known whether rows are missing" if rows is None else f"{rows} rows are missing"
        message = f"{skipped} bytes of the journal after row {self.rows} were damaged: {lost}"
        assert self.layout is not None
        event = Event(*self._place, "alarm", {"message": message, "bytes": skipped, "rows": rows})
        return codec.block_of(self.layout, [event], lossless=self.lossless)

    def _read_layout(self) -> None:
        while self.layout is None and (found := self._next_frame()) is not None:
            header, payload, skipped = found
            self.damaged |= bool(skipped)
            if header.kind == LAYOUT:
                self.layout, self.lossless = codec.decode_layout(payload)

    def _begins_damaged(self) -> bool:
        """The magic line is wrong; it is a journal all the same if a whole layout follows."""
        self._read_layout()
        self.damaged = True
        return self.layout is not None

    def _next_frame(self) -> tuple[Header, bytes, int] | None:
        """The next whole frame, its payload, and how many bytes had to be skipped to reach it; None
        when there is none yet."""
        start = place = max(self._at, len(MAGIC))
        found = self._whole_at(start)
        if found is None and not self._growing(start) and not self._cut_short(start):
            header = self._header_at(start)  # stands where only the payload is damaged
            place = self._search(start + HEADER + header.length if header else start + 1)
            found = self._whole_at(place)
            # The journal may have grown between the two looks: then nothing was damaged at all.
            if found is not None and (late := self._whole_at(start)) is not None:
                place, found = start, late
        if found is None:
            return None
        header, payload = found
        self._at = place + HEADER + header.length
        self._number = header.number + 1
        self._journal = header.journal
        return header, payload, place - start

    def _search(self, begin: int) -> int:
        """Where the next frame begins, at `begin` or after it; the end of the file where there is none.
        What was searched is not searched again while the journal grows."""
        begin = max(begin, self._searched)
        while begin + HEADER <= self._size():
            window = self._read(begin, _WINDOW)
            for place in frames.candidates(window):
                # One that is cut short may still be growing: nothing after it is looked at.
                if self._whole_at(begin + place) or self._cut_short(begin + place):
                    self._searched = begin + place
                    return begin + place
            begin += max(1, len(window) - HEADER)
            if len(window) == _WINDOW:
                self._searched = begin
        return self._size()

    def _growing(self, at: int) -> bool:
        """Nothing, or less than a header, is there yet."""
        return self._size() - at < HEADER

    def _cut_short(self, at: int) -> bool:
        """A frame begins at `at` and is longer than what is there."""
        header = self._header_at(at)
        return header is not None and header.length > self._size() - at - HEADER

    def _whole_at(self, at: int) -> tuple[Header, bytes] | None:
        header = self._header_at(at)
        if header is None or self._cut_short(at):
            return None
        payload = self._read(at + HEADER, header.length)
        return (header, payload) if header.holds(payload) else None

    def _header_at(self, at: int) -> Header | None:
        """The header at `at`, if it is whole and of a later frame of this journal."""
        data = self._read(at, HEADER)
        header = frames.parse(data) if len(data) == HEADER else None
        if header is None or self._journal not in (None, header.journal):
            return None
        return header if header.number >= self._number and header.first_row >= self._row else None

    def _size(self) -> int:
        return os.fstat(self._stream.fileno()).st_size

    def _read(self, at: int, size: int) -> bytes:
        self._stream.seek(at)
        return self._stream.read(size) or b""
