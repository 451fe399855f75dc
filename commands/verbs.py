"""The verbs of the command line, and how their arguments are read."""

import io
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from inspect import signature
from typing import Any

import tyro

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

REFUSED = 2  # tyro's exit status for arguments that it cannot read

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


def parse(arguments: list[str]) -> Any:
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
        if stop.code != REFUSED:
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
