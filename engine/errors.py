"""The one exception that means: a person asked for something that cannot be had, and here is why."""


class UserError(ValueError):
    """A mistake in what was asked: one line that names what, where, and what is allowed.

    The command line prints it and exits with status 2; the app shows it in a message. It never
    comes with a traceback.
    """


def one_of(what: str, given: str, allowed: list[str] | tuple[str, ...]) -> UserError:
    """The error for a name that is not among the allowed ones."""
    return UserError(f"{what} '{given}' is unknown; allowed: {', '.join(allowed)}")
