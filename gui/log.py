"""The log: what went wrong in the app and when, in a file whose place the help shows."""

import logging
import platform
import sys
from importlib.metadata import version
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

BYTES, KEPT = 1_000_000, 2  # of one file; older ones beside it
PACKAGES = ("PySide6-Essentials", "pyqtgraph", "numpy", "h5py")  # asked by name: h5py is not loaded here

log = logging.getLogger("supertask")


def log_file() -> Path:
    """Where the log is."""
    return Path(platformdirs.user_log_dir("Supertask", appauthor=False)) / "supertask.log"


def begin() -> None:
    """Write to the log file from now on, what Qt complains of included. Without a place for it the app says
    so once and goes on."""
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=BYTES, backupCount=KEPT, encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"supertask: no log is kept: {path}: {error.strerror}\n")
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    log.info("started: Python %s, %s; %s", platform.python_version(), versions, platform.platform())
    qInstallMessageHandler(_said_by_qt)


def _said_by_qt(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """To standard error, as without us, and to the log."""
    sys.stderr.write(f"{text}\n")
    if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
        log.warning("Qt: %s", text)
