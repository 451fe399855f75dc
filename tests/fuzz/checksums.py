"""Where HDF5 keeps checksums of its metadata, so that a changed byte is not refused for its checksum alone.

The hash is Bob Jenkins' lookup3 (public domain), as HDF5 uses it for superblocks, object headers and indices.
"""

import struct

SIGNATURES = (
    b"\x89HDF\r\n\x1a\n", b"OHDR", b"OCHK", b"BTHD", b"BTLF", b"BTIN", b"FRHP", b"FHDB", b"FHIB", b"FSHD",
    b"FSSE", b"EAHD", b"EAIB", b"EASB", b"EADB", b"FAHD", b"FADB", b"SMTB", b"SMLI",
)  # fmt: skip
LONGEST = 700  # bytes that a structure may have to be found
_MASK = 0xFFFFFFFF


def lookup3(data: bytes) -> int:
    """The 32-bit hash of `data`, initial value 0."""
    length = len(data)
    a = b = c = (0xDEADBEEF + length) & _MASK
    at = 0
    while length > 12:
        x, y, z = struct.unpack_from("<3I", data, at)
        a, b, c = (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK
        a = ((a - c) & _MASK) ^ _turned(c, 4)
        c = (c + b) & _MASK
        b = ((b - a) & _MASK) ^ _turned(a, 6)
        a = (a + c) & _MASK
        c = ((c - b) & _MASK) ^ _turned(b, 8)
        b = (b + a) & _MASK
        a = ((a - c) & _MASK) ^ _turned(c, 16)
        c = (c + b) & _MASK
        b = ((b - a) & _MASK) ^ _turned(a, 19)
        a = (a + c) & _MASK
        c = ((c - b) & _MASK) ^ _turned(b, 4)
        b = (b + a) & _MASK
        at, length = at + 12, length - 12
    if not length:
        return c
    x, y, z = struct.unpack("<3I", data[at:].ljust(12, b"\0"))
    a, b, c = (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK
    for turn in (14, 11, 25, 16, 4, 14, 24):
        # c ^= b; c -= rot(b, 14); a ^= c; a -= rot(c, 11); b ^= a; b -= rot(a, 25); and round again
        c, a, b = a, b, ((c ^ b) - _turned(b, turn)) & _MASK
    return b


def _turned(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK


def spans(data: bytes) -> list[tuple[int, int]]:
    """(begin, end) of every structure that is followed by its checksum, which is right."""
    found = []
    for signature in SIGNATURES:
        begin = data.find(signature)
        while begin >= 0:
            for end in range(begin + len(signature) + 2, min(begin + LONGEST, len(data) - 3)):
                if struct.unpack_from("<I", data, end)[0] == lookup3(data[begin:end]):
                    found.append((begin, end))
                    break
            begin = data.find(signature, begin + 1)
    return sorted(found)


def repaired(data: bytearray, places: list[tuple[int, int]]) -> None:
    """Make the checksums right again, of what lies within another first."""
    for begin, end in sorted(places, key=lambda place: place[1]):
        if end + 4 <= len(data):
            struct.pack_into("<I", data, end, lookup3(bytes(data[begin:end])))
