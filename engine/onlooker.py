"""The process that looks at a learner as it was at a checkpoint: it shows episodes and trains nothing."""

from multiprocessing.connection import Connection
from typing import Any

import torch

from engine.devices import asked
from engine.errors import UserError
from engine.evaluation.showing import shown
from engine.protocol import EpisodeAnswer, EpisodeQuery, Failed, Refused
from engine.replay import make_learner
from engine.specification import RunSpecification


def main(connection: "Connection[Any, Any]", specification_json: str) -> None:
    """Answer :class:`EpisodeQuery` until the other end is closed.

    Args:
        specification_json: a `RunSpecification` whose `parent` is the checkpoint.
    """
    specification = RunSpecification.from_json(specification_json)
    torch.set_num_threads(1)
    step = specification.parent.step if specification.parent else 0
    try:
        learner = make_learner(specification, asked(specification))
        while True:
            query: EpisodeQuery = connection.recv()
            try:
                episode = shown(learner, specification.seeds, query.seed, query.target, query.number, step)
                connection.send(EpisodeAnswer(query.id, episode))
            except UserError as error:
                connection.send(Refused(query.id, str(error)))
    except UserError as error:
        connection.send(Failed(step, str(error), ""))
    except (EOFError, OSError):  # nobody looks any more
        pass
    finally:
        connection.close()
