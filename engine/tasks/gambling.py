"""gambling: asking for more gets less, because luck is not a skill (2205.15967)."""

from engine.tasks.bandit import bandit_task
from engine.tasks.tabular import TabularTask


def gambling() -> TabularTask:
    """Action 0 pays +5 or −15, action 1 pays +1 or −6, a fair coin each; action 2 pays 1."""
    return bandit_task(
        "gambling",
        "Two gambles and a sure thing. The first gamble pays +5 or −15, the second +1 or −6, each by a fair "
        "coin; the third choice always pays 1. Whoever in the data got 5 had gambled and been lucky, so a "
        "predictor asked for 5 gambles, and gets −5 on average. Here RL is right and prediction is not.",
        ("gamble for 5", "gamble for 1", "sure 1"),
        [[(5.0, 0.5), (-15.0, 0.5)], [(1.0, 0.5), (-6.0, 0.5)], [(1.0, 1.0)]],
        [1 / 3, 1 / 3, 1 / 3],
        winning=(0, 1, 2),
    )
