"""Frames: how the journal marks off its pieces so that each can be told from damage.

A frame is a header of 33 bytes and a payload. The header says how long the payload is, which frame and
which row it begins with, and carries a checksum of its own beside the payload's. So three things that look
alike otherwise are told apart:

- *torn*: a whole header, fewer bytes than it promises: the writer died over this frame;
- *damaged payload*: the header stands, so the next frame is where it says;
- *damaged header*: the next frame is found by its marker, and believed if both checksums hold and it
  belongs to the same journal (a random number in every header: disks may bring back deleted files).

The number of the first row after a damaged place says how many rows were lost there.
"""

import struct
import zlib
from dataclasses import dataclass

MAGIC = b"supertask journal 2\n"
LAYOUT, BLOCK, END = 1, 2, 3

_MARKER = b"\xf5St\x0a"
_FIELDS = struct.Struct("<4sIIBIQI")  # marker, journal, length, kind, number, first row, payload's CRC-32
_CHECK = struct.Struct("<I")  # CRC-32 of the fields
HEADER = _FIELDS.size + _CHECK.size


@dataclass(frozen=True)
class Header:
    """What is known of a frame before its payload is read.

    Attributes:
        journal: the journal's random number.
        length: bytes of the payload.
        kind: LAYOUT, BLOCK or END.
        number: frames before it.
        first_row: rows before it.
        checksum: CRC-32 of the payload.
    """

    journal: int
    length: int
    kind: int
    number: int
    first_row: int
    checksum: int

    def holds(self, payload: bytes) -> bool:
        """True when `payload` is what was written."""
        return len(payload) == self.length and zlib.crc32(payload) == self.checksum


def frame(journal: int, kind: int, number: int, first_row: int, payload: bytes) -> bytes:
    """The bytes of a frame."""
    fields = _FIELDS.pack(_MARKER, journal, len(payload), kind, number, first_row, zlib.crc32(payload))
    return fields + _CHECK.pack(zlib.crc32(fields)) + payload


def parse(data: bytes) -> Header | None:
    """The header that `data` begins with; None when its checksum does not hold."""
    fields = data[: _FIELDS.size]
    if not fields.startswith(_MARKER) or _CHECK.unpack_from(data, _FIELDS.size)[0] != zlib.crc32(fields):
        return None
    _, *rest = _FIELDS.unpack(fields)
    return Header(*rest)


def candidates(data: bytes) -> list[int]:
    """Where in `data` a frame may begin, by its marker alone."""
    found, at = [], data.find(_MARKER)
    while at >= 0:
        found.append(at)
        at = data.find(_MARKER, at + 1)
    return found
