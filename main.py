"""Supertask from the command line. With no verb it opens the app; with a recording or a session, on that.

The verbs are in `commands/`.
"""

import os
import sys
from pathlib import Path

from engine.errors import UserError, meant

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


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
    if not arguments:  # the app starts without what reads the command line
        return _open_app([])
    from commands.verbs import VERBS, parse

    if arguments[0] in VERBS or arguments[0] in ("-h", "--help"):
        return int(parse(arguments)())
    for argument in arguments:
        if not Path(argument).exists():
            raise UserError(
                f"'{argument}' is neither a verb nor a file{meant(argument, tuple(VERBS))}; "
                f"allowed: {', '.join(VERBS)}, or a recording"
            )
    recordings = [Path(argument) for argument in arguments]
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
    from gui.settings import recordings_folder

    return open_window(experiment=None, recordings=recordings, folder=recordings_folder())


if __name__ == "__main__":
    sys.exit(main())
