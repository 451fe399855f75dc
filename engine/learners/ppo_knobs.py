"""What may be turned of PPO."""

from dataclasses import dataclass

from engine.learners.common_knobs import (
    clip_range_knob,
    discount_knob,
    entropy_bonus_knob,
    kl_weight_knob,
    learning_rate_knob,
)
from engine.learners.heads import BINS, GAUSSIAN, MIXTURE, head_knob
from engine.learners.knobs import knob


@dataclass(frozen=True)
class PPOKnobs:
    """What may be turned."""

    learning_rate: float = learning_rate_knob(0.002)
    kl_weight: float = kl_weight_knob()
    kl_in: str = knob(
        "reward",
        label="KL in",
        help="Where the divergence is charged: on the reward, action by action (its optimum is the KL "
        "oracle); in the loss, exactly (of a mixture, a bound from above), at the contexts visited; or "
        "nowhere.",
        choices=("reward", "loss", "none"),
    )
    entropy_bonus: float = entropy_bonus_knob()
    clip_range: float = clip_range_knob()
    target_kl: float = knob(
        0.03,
        label="Largest step",
        help="A seed stops its epochs once the policy is this far from the one that collected.",
        unit="nats",
        low=0.001,
        high=10.0,
        scale="log",
    )
    discount: float = discount_knob()
    trace: float = knob(
        0.95,
        label="Advantage trace λ",
        help="1 trusts the rewards seen, 0 the value network.",
        low=0.0,
        high=1.0,
    )
    collect: str = knob(
        "steps",
        label="Collect",
        help="What an update learns from: a fixed number of steps of environments that never stop, where an "
        "episode may go on from one update to the next; or whole episodes. On a tabular task it is always "
        "whole episodes.",
        choices=("steps", "episodes"),
        steerable=False,
        only_on="no table",
    )
    environments: int = knob(
        16,
        label="Environments",
        help="Environments side by side, where steps are collected.",
        low=1,
        high=4096,
        scale="log",
        steerable=False,
        only_on="no table",
    )
    steps: int = knob(
        64,
        label="Steps",
        help="Steps of each environment for an update, where steps are collected.",
        low=1,
        high=4096,
        scale="log",
        only_on="no table",
    )
    episodes: int = knob(
        32,
        label="Episodes",
        help="Episodes for an update, where whole episodes are collected.",
        low=1,
        high=1024,
        scale="log",
    )
    epochs: int = knob(4, label="Epochs", help="Passes over the collected steps.", low=1, high=50)
    minibatch: int = knob(
        256, label="Minibatch", help="Steps in one gradient step.", low=8, high=8192, scale="log"
    )
    anneal: int = knob(
        0,
        label="Annealing",
        help="The learning rate falls evenly to 0 over so many updates; 0 leaves it as it is.",
        unit="updates",
        low=0,
        high=1_000_000,
    )
    clip_value: bool = knob(
        False,
        label="Clip the value",
        help="A value further from the one that collected than the clip range is not rewarded, as in the "
        "paper's code.",
    )
    details: str = knob(
        "own",
        label="Details",
        help="Own: values in units of the task's largest level of return, advantages normalised over all "
        "that was collected, bonuses in reward per nat, last layers that begin at 0. Published, as CleanRL "
        "has it: values in plain reward, a quarter instead of half of their squared error, advantages "
        "normalised in each minibatch, bonuses in their deviation per nat, last layers that begin near 0, "
        "1e-5 for Adam's epsilon.",
        choices=("own", "published"),
        steerable=False,
    )
    activation: str = knob(
        "relu",
        label="Activation",
        help="Of the hidden layers of both networks.",
        choices=("relu", "tanh"),
        steerable=False,
    )
    head: str = head_knob(GAUSSIAN, GAUSSIAN, MIXTURE, BINS)
