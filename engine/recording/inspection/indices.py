"""How many chunks the indices say there are, read from the file's bytes.

HDF5 visits every chunk that an index says it has when it is asked how much a dataset stores. A header that
claims 2^60 of them keeps it busy for ever, and HDF5 has no call that says the number without a visit.
"""

import struct

from engine.recording.inspection.findings import Findings

# Signature, then a plausible version and kind of client: where in the header the number of chunks is.
HEADERS = {b"EAHD\x00": (44, "extensible array"), b"FAHD\x00": (8, "fixed array")}


def check_indices(data: bytes, size: int, found: Findings) -> None:
    """No index in `data`, the beginning of a file, has more chunks than the file has bytes, `size`."""
    for signature, (place, name) in HEADERS.items():
        at = data.find(signature)
        while at >= 0:
            if at + place + 8 <= len(data) and data[at + 5] <= 1:
                (chunks,) = struct.unpack_from("<Q", data, at + place)
                if chunks > size:
                    words = f"an index ({name} at byte {at}) claims {chunks} chunks in a file of {size}"
                    return found.fault("chunks", "", f"{words} bytes; allowed: no more than bytes")
            at = data.find(signature, at + 1)
    return None
