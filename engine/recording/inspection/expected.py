"""The members that a recording has: type, shape and what counts their rows."""

from engine.recording.pyramid import SIZES

WHOLE_BYTES = 64 << 20  # of a dataset that is read in one piece

# Members of `entry`: type and shape. n is any number; letters are the axes of the layout.
FIXED = {
    "seed": ("<i8", "S"), "target": ("<f8", "T"), "return": ("<f8", "R"),
    "probe": ("S", "P"), "action": ("S", "A"), "metric": ("S", "M"),
    "metric_columns": ("|u1", "n"), "provenance": ("|u1", "n"), "catalogue": ("|u1", "n"),
    "commit": ("<i8", "C"),
}  # fmt: skip
GROWING = {
    "step": ("<i8", "n", "rows"), "time": ("<f8", "n", "rows"), "metrics": ("<f8", "nSM", "rows"),
    "policy_row": ("<i8", "n", "policies"), "policy": ("<f4", "nSTPA", "policies"),
    "returns_row": ("<i8", "n", "returns"), "returns": ("<f4", "nSTR", "returns"),
    "event_index": ("<i8", "n2", "events"), "event_bytes": ("|u1", "n", "event_bytes"),
    "checkpoint_index": ("<i8", "n2", "checkpoints"), "checkpoint_bytes": ("|u1", "n", "checkpoint_bytes"),
}  # fmt: skip
CONSTANTS = {
    "base_policy": "PA", "oracle_policy": "TPA", "oracle_drift": "T", "base_returns": "R", "frontier": "n3",
    "probe_state": "P", "probe_time": "P", "grid_cell": "P", "grid_shape": "2", "grid_walls": "n",
    "grid_moves": "A2", "grid_exits": "n", "grid_traps": "n", "supported": "T", "base_modes": "T",
}  # fmt: skip


def levels(version: int) -> tuple[int, ...]:
    """The block sizes of the overview that a file of this schema version is held to."""
    return SIZES if version >= 2 else ()
