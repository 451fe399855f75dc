"""`list`: what there is."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class List:
    """What there is: experiments, tasks, learners with their knobs, metrics."""

    json: bool = False
    """One JSON object instead of text."""

    def __call__(self) -> int:
        from engine import catalogue, experiments

        described = catalogue.describe()
        titles = {name: experiments.load(name).title for name in experiments.names()}
        if self.json:
            print(json.dumps({"experiments": titles, **described}))
            return 0
        for name, title in titles.items():
            print(f"experiment  {name:<22} {title}")
        for name, task in described["tasks"].items():
            print(f"task        {name:<22} {task['help']}")
        for name, learner in described["learners"].items():
            print(f"learner     {name:<22} {learner['help']}")
            for knob in learner["knobs"]:
                print(f"  knob      {knob['name']:<22} {knob['help']} Default {knob['default']}.")
        for metric in described["metrics"]:
            unit = f" ({metric['unit']})" if metric["unit"] else ""
            print(f"metric      {metric['name']:<22} {metric['help']}{unit}")
        return 0
