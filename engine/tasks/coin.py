"""coin: asked for a win, a predictor wins half the time, however good the better arm is (2210.13435)."""

from engine.errors import UserError
from engine.tasks.bandit import bandit_task
from engine.tasks.tabular import TabularTask


def coin(alpha: float = 0.2) -> TabularTask:
    """Arms that win with probability α and 1 − α; the base pulls them with 1 − α and α.

    Raises:
        UserError: when α is no probability strictly between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise UserError(f"task coin: alpha is {alpha:g}; allowed: between 0 and 1")
    return bandit_task(
        "coin",
        "Two arms that win with probability α and 1 − α, and a demonstrator who pulls them with probability "
        "1 − α and α: mostly the wrong one. Wins come from both arms equally often, so a predictor asked for "
        "a win pulls each half the time and wins half the time, for every α. In brackets: coin(alpha=0.2).",
        ("bad arm", "good arm") if alpha < 0.5 else ("good arm", "bad arm"),
        [[(1.0, alpha), (0.0, 1 - alpha)], [(1.0, 1 - alpha), (0.0, alpha)]],
        [1 - alpha, alpha],
        winning=(0, 1),
    )
