"""Supertask from the command line. With no verb it opens the app; with a file, on that.

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
    if arguments == ["--version"]:  # with what a report of an error should say
        from importlib.metadata import version

        from engine.provenance import machine

        print(f"Supertask {version('supertask')}: {machine()}")
        return 0
    from commands.verbs import VERBS, parse

    if arguments[0] in VERBS or arguments[0] in ("-h", "--help"):
        return int(parse(arguments)())
    for argument in arguments:
        if not Path(argument).exists():
            raise UserError(
                f"'{argument}' is neither a verb nor a file{meant(argument, tuple(VERBS))}; "
                f"allowed: {', '.join(VERBS)}, or a recording, a session or an experiment"
            )
    return _open_app([Path(argument) for argument in arguments])


def _open_app(paths: list[Path]) -> int:
    """The app, on these files. What cannot be opened is refused before a window opens."""
    from engine import experiments, session_file
    from engine.tasks import task_file

    written = [path for path in paths if task_file.is_path(str(path))]
    recordings = [path for path in paths if path not in written]
    if written and len(paths) > 1:
        raise UserError(f"{written[0]}: an experiment is opened alone; allowed: one file, or recordings only")
    for path in written:
        experiments.load(str(path))
    for path in recordings:
        if path.suffix == session_file.SUFFIX:
            session_file.read(path)
        else:
            from engine.recording.gatekeeper import admit

            admit(path)
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in displays):
        raise UserError("no display to open a window on; without one, type: python main.py run crossroads")
    from engine.places import recordings_folder
    from gui.app import main as open_window

    experiment = str(written[0]) if written else None
    return open_window(experiment, recordings, folder=recordings_folder())


if __name__ == "__main__":
    sys.exit(main())
