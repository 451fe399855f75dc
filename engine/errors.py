"""The one exception that means: a person asked for something that cannot be had, and here is why."""

from collections.abc import Sequence

NEAR = 0.65  # of 1: how alike two words are of which one was meant for the other


class UserError(ValueError):
    """A mistake in what was asked: one line that names what, where, and what is allowed.

    The command line prints it and exits with status 2; the app shows it in a message. It never
    comes with a traceback.
    """


def one_of(what: str, given: str, allowed: Sequence[str], more: Sequence[str] = ()) -> UserError:
    """The error for a name that is not among the allowed ones; `more` are too many to be listed, but one of
    them may have been meant."""
    near = meant(given, (*allowed, *more))
    return UserError(f"{what} '{given}' is unknown{near}; allowed: {', '.join(allowed)}")


def meant(given: str, allowed: Sequence[str]) -> str:
    """The allowed name that was probably meant, as a question in brackets; empty where none is near."""
    from difflib import get_close_matches  # here: only a mistake needs it

    lower = {name.lower(): name for name in allowed}
    near = get_close_matches(given.lower(), lower, n=1, cutoff=NEAR)
    return f" (did you mean {lower[near[0]]}?)" if near else ""
