"""Recordings to the system's trash, from which they can be taken back."""

import glob
from pathlib import Path

from PySide6.QtCore import QFile

from engine.recording.files import Files


def discard(path: Path) -> bool:
    """Move a finished recording and its checkpoints to the trash. Returns whether the recording is there;
    where it could not be moved nothing is."""
    if not QFile.moveToTrash(str(path))[0]:
        return False
    for checkpoint in path.parent.glob(f"{glob.escape(Files.of(path).name)}.step-*.safetensors"):
        QFile.moveToTrash(str(checkpoint))
    return True
