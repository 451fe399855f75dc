"""What the headers of indices claim, read from the file's bytes: some claims are the end of HDF5.

HDF5 visits every chunk that an index says it has when it is asked how much a dataset stores: a header that
claims 2^60 of them keeps it busy for ever. It divides by the size that a B-tree's header gives for a record,
also by 0. There is no call that tells these numbers before they are used.
"""

import struct
from collections.abc import Iterator

from engine.recording.inspection.findings import Findings

# A signature and the version that follows it; where in the header the number of chunks is.
ARRAYS = {b"EAHD\x00": 44, b"FAHD\x00": 8}
TREE = b"BTHD\x00"  # size of a node at 6 (32 bits), of a record at 10 (16 bits)


def check_indices(data: bytes, size: int, found: Findings) -> None:
    """No index in `data`, the beginning of a file of `size` bytes, claims what cannot be."""
    for signature, place in ARRAYS.items():
        for at in _places(data, signature, place + 8):
            (chunks,) = struct.unpack_from("<Q", data, at + place)
            if chunks > size:
                words = f"has an index at byte {at} that claims {chunks} chunks"
                return found.fault("chunks", "", f"{words}; allowed: at most {size}, a byte for each")
    for at in _places(data, TREE, 12):
        node, record = struct.unpack_from("<IH", data, at + 6)
        if not 0 < record <= node:
            words = f"has an index at byte {at} with records of {record} bytes in nodes of {node}"
            return found.fault("damaged", "", f"{words}; allowed: 1 to {node}")
    return None


def _places(data: bytes, signature: bytes, length: int) -> Iterator[int]:
    """Where headers begin that are at least so long, and of a kind that HDF5 knows."""
    at = data.find(signature)
    while 0 <= at <= len(data) - length:
        if data[at + 5] <= 11:
            yield at
        at = data.find(signature, at + 1)
