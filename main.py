"""Supertask from the command line. With no verb it opens the app; with a recording or a session, on that.

The verbs are in `commands/`.
"""

import io
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from inspect import signature
from pathlib import Path
from typing import Any

import tyro

from commands.arguments import recordings_folder
from commands.audit import Audit
from commands.check import Check
from commands.claims import Claims
from commands.desktop import Desktop
from commands.export import Export
from commands.info import Info
from commands.list import List
from commands.oracle import Oracle
from commands.recover import Recover
from commands.replay import Replay
from commands.run import Run
from engine.errors import UserError, meant

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130

VERBS: dict[str, Callable[..., Any]] = {
    "run": Run,
    "oracle": Oracle,
    "list": List,
    "info": Info,
    "export": Export,
    "check": Check,
    "recover": Recover,
    "replay": Replay,
    "claims": Claims,
    "audit": Audit,
    "desktop": Desktop,
}


def main(arguments: list[str] | None = None) -> int:
    """Do what `arguments` say (those of the process by default) and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return _dispatch(arguments)
    except UserError as error:
        print(f"supertask: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor does the last flush fail
        return 0
    except OSError as error:
        print(f"supertask: {error.filename or 'system'}: {error.strerror or error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("supertask: interrupted; what was recorded is kept", file=sys.stderr)
        return EXIT_INTERRUPTED


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in VERBS or first in ("-h", "--help"):
        return int(_parse(arguments)())
    for argument in arguments:
        if not Path(argument).exists():
            raise UserError(
                f"'{argument}' is neither a verb nor a file{meant(argument, tuple(VERBS))}; "
                f"allowed: {', '.join(VERBS)}, or a recording"
            )
    recordings = [Path(argument) for argument in arguments]
    if recordings:
        from engine import session_file
        from engine.recording.gatekeeper import admit

        for path in recordings:  # what cannot be opened is refused before a window opens
            if path.suffix == session_file.SUFFIX:
                session_file.read(path)
            else:
                admit(path)
    return _open_app(recordings)


def _open_app(recordings: list[Path]) -> int:
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in displays):
        raise UserError("no display to open a window on; without one, type: python main.py run crossroads")
    from gui.app import main as open_window

    return open_window(experiment=None, recordings=recordings, folder=recordings_folder())


def _parse(arguments: list[str]) -> Any:
    """The command that the arguments describe, ready to be called.

    Raises:
        UserError: one line instead of the panel that tyro prints.
    """
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return tyro.extras.subcommand_cli_from_dict(
                VERBS, prog="python main.py", args=arguments, config=(tyro.conf.FlagCreatePairsOff,)
            )
    except SystemExit as stop:
        if stop.code != EXIT_USER_ERROR:
            raise
        raise UserError(_one_line(said.getvalue(), arguments)) from None


def _one_line(panel: str, arguments: list[str]) -> str:
    """What a panel of tyro says before its first rule, without the frame; of a mistyped option also which
    one was probably meant."""
    verb, *rest = arguments
    lines = [re.sub(r"[│╭╮╰╯]", "", line).strip() for line in panel.splitlines()[1:]]
    rule = next((number for number, line in enumerate(lines) if line.startswith("─")), len(lines))
    said = " ".join(line for line in lines[:rule] if line)
    if "allowed:" in said:
        return said
    options = [f"--{name.replace('_', '-')}" for name in signature(VERBS[verb]).parameters]
    given = [word.partition("=")[0] for word in rest if word.startswith("--")]
    near = "".join(meant(word, options) for word in given if word.replace("_", "-") not in options)
    return f"{said.rstrip('.')}{near}; allowed: see python main.py {verb} --help"


if __name__ == "__main__":
    sys.exit(main())
