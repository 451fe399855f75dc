"""A small run on the real engine, recorded once for every test that asks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.recording import recorder
from engine.recording.files import Files
from engine.run import Run
from engine.specification import RunSpecification

KNOBS = {"reinforce": {"episodes": 8}, "rvs": {"data_episodes": 150}}
Recorded = Callable[[str], Path]


@pytest.fixture(scope="session")
def recorded_run(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The recording of a learner: two seeds on crossroads, twelve updates; a knob is turned after five."""
    made: dict[str, Path] = {}

    def record(learner: str) -> Path:
        if learner not in made:
            path = tmp_path_factory.mktemp("exports") / f"{learner}.h5"
            specification = RunSpecification(
                learner,
                "crossroads",
                learner,
                KNOBS.get(learner, {}),
                (0, 3),
                1 if "oracle" in learner else 12,
            )
            run = Run(specification, path)
            for step in range(specification.updates):
                if step == 5:
                    run.set_knob("learning_rate", 0.02, measure=False, arrived=0.0)
                run.update()
            run.close()
            assert recorder.main(Files.of(path).journal) == 0
            made[learner] = path
        return made[learner]

    return record
