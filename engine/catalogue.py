"""The engine described as data: learners with their knobs, tasks, metrics.

A worker answers it; every recording carries its part.
"""

import dataclasses
from multiprocessing.connection import Connection
from typing import Any

from engine.learners.base import Learner
from engine.learners.knobs import knobs_of
from engine.learners.registry import LEARNERS
from engine.metrics.definitions import COLUMNS, HISTORY
from engine.tasks import registry


def describe() -> dict[str, Any]:
    """Plain data, fit for JSON: `learners`, `tasks`, `metrics`."""
    return {
        "learners": {name: describe_learner(learner) for name, learner in LEARNERS.items()},
        "tasks": {
            name: {"help": registry.load(name).help, "parameters": registry.parameters(name)}
            for name in registry.names()
        },
        "metrics": [dataclasses.asdict(column) for column in (*COLUMNS, *HISTORY)],
    }


def describe_learner(learner: type[Learner]) -> dict[str, Any]:
    """Name, label, kind, help, whether it takes a target return, learns from data and needs a table of
    states, and its knobs."""
    return {
        "name": learner.name,
        "label": learner.label,
        "kind": learner.kind,
        "help": learner.help,
        "conditioned": learner.conditioned,
        "from_data": learner.from_data,
        "on_tables": learner.on_tables,
        "knobs": [knob.as_data() for knob in knobs_of(learner.Knobs)],
    }


def main(connection: "Connection[Any, Any]") -> None:
    """Entry point of a process that answers the catalogue and ends."""
    connection.send(describe())
    connection.close()
