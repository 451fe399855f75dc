"""ties: two arms that are equally good, and nothing in the reward to choose between them."""

from engine.tasks.bandit import bandit_task, chosen
from engine.tasks.tabular import TabularTask


def ties(a: float = 0.25, b: float = 0.25, c: float = 0.25, d: float = 0.25) -> TabularTask:
    """Four arms that pay 1, 1, 0, 0; `a` to `d` are the base's probabilities of pulling them."""
    return bandit_task(
        "ties",
        "Four arms, of which two pay 1 and two pay 0. Nothing in the reward tells the two good arms apart, "
        "so a learner that ends up with one of them has lost the other to the noise of its own gradient. "
        "The smallest task on which RL collapses and prediction does not. In brackets: the base's "
        "probability of each arm, ties(a=0.06, b=0.04, c=0.45, d=0.45).",
        ("a", "b", "c", "d"),
        [[(1.0, 1.0)], [(1.0, 1.0)], [(0.0, 1.0)], [(0.0, 1.0)]],
        chosen("ties", (a, b, c, d)),
        winning=(0, 1),
    )
