"""Recordings to the system's trash, from which they can be taken back."""

import glob
from pathlib import Path

from PySide6.QtCore import QFile

from engine.recording.files import Files


def discard(path: Path) -> bool:
    """Move a recording, finished or not, and its checkpoints to the trash. Returns whether the recording is
    there; where it could not be moved nothing is."""
    files = Files.of(path)
    if not QFile.moveToTrash(str(path if path.exists() else files.part))[0]:
        return False
    checkpoints = path.parent.glob(f"{glob.escape(files.name)}.step-*.safetensors")
    for beside in (files.journal, files.damaged, *checkpoints):
        if beside.exists():
            QFile.moveToTrash(str(beside))
    return True
