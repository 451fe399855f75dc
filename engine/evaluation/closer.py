"""A closer look now and then: how different episodes are, and what is left of the hidden features."""

from collections.abc import Callable
from functools import partial

import numpy as np
from torch import Tensor

from engine.distributions.box import BoxFamily
from engine.distributions.family import Family
from engine.evaluation.look import Columns, Singles
from engine.learners.base import Learner, Probes
from engine.metrics import diversity, representation
from engine.metrics.columns import ERROR
from engine.tasks.dataset import collect
from engine.tasks.streams import Streams
from engine.tasks.tabular import Integers

BATCHES, EPISODES = 4, 16  # batches of so many episodes: scores are of a batch, errors between batches


def closer(learner: Learner, probes: Probes, policy: Singles, step: int, target: float) -> Columns:
    """The columns of groups Diversity and Representation; of a learner's hidden features where it has some.

    Episodes are drawn from streams of their own: looking changes nothing.

    Args:
        policy: [S, T, P, A] at the probes.
        target: to ask the episodes for; any number for a learner that takes none.
    """
    purpose = f"diversity after {step} updates asked for {target:g}"
    streams = Streams(learner.streams.seeds, purpose, learner.device)
    episodes = collect(
        learner.environment, learner.actor(target), BATCHES * EPISODES, streams, family=learner.family
    )
    strings = np.where(episodes.mask.cpu().numpy(), symbols(learner.family, episodes.actions), -1)
    scores: dict[str, Callable[[Integers], float]] = {
        "distinct_2": partial(diversity.distinct, length=2),
        "expected_distinct": partial(diversity.expected_distinct, actions=kinds(learner.family)),
        "self_bleu": diversity.self_bleu,
        "vendi": diversity.vendi,
    }
    measured: Columns = {}
    for name, score in scores.items():
        measured[name], measured[name + ERROR] = diversity.in_batches(strings, BATCHES, score)
    measured["policy_variance"] = representation.policy_variance(policy[:, -1].astype(np.float64))
    features = learner.features(probes, target)
    if features is not None:
        hidden = features.double().cpu().numpy()
        measured |= {
            "dormant_share": representation.dormant_share(hidden),
            "effective_rank": representation.effective_rank(hidden),
            "srank": representation.srank(hidden),
        }
    return measured


def symbols(family: Family, actions: Tensor) -> Integers:
    """[…] a number for each different action; in a box, for each combination of bins that is met."""
    if not isinstance(family, BoxFamily):
        return actions.cpu().numpy()
    met = family.bin_of(actions).flatten(0, -2).cpu().numpy()
    numbers = np.unique(met, axis=0, return_inverse=True)[1]
    return np.asarray(numbers, dtype=np.int64).reshape(actions.shape[:-1])


def kinds(family: Family) -> int:
    """How many of those numbers there could be."""
    return family.bins**family.dimensions if isinstance(family, BoxFamily) else family.outputs
