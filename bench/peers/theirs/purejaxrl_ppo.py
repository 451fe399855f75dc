"""PureJaxRL's PPO with the settings of bench/peers/ppo.py, all seeds at once. Prints `seed steps return` an
episode, then `compile` and `run` in seconds.

Run by the peers' own Python: python purejaxrl_ppo.py FOLDER TASK SEEDS STEPS
FOLDER is a checkout of github.com/luchris429/purejaxrl.
"""

import sys
import time
from pathlib import Path
from unittest.mock import MagicMock

import jax
import numpy as np

CONFIG = {
    "LR": 2.5e-4,
    "NUM_ENVS": 4,
    "NUM_STEPS": 128,
    "UPDATE_EPOCHS": 4,
    "NUM_MINIBATCHES": 4,
    "GAMMA": 0.99,
    "GAE_LAMBDA": 0.95,
    "CLIP_EPS": 0.2,
    "ENT_COEF": 0.01,
    "VF_COEF": 0.5,
    "MAX_GRAD_NORM": 0.5,
    "ACTIVATION": "tanh",
    "ANNEAL_LR": True,
}


def main() -> None:
    """Compile, then train."""
    folder, task, seeds, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    sys.path.insert(0, str(Path(folder) / "purejaxrl"))
    for absent in ("brax", "brax.envs", "brax.envs.wrappers", "brax.envs.wrappers.training", "navix"):
        sys.modules.setdefault(absent, MagicMock())  # it imports them, and needs neither for classic control
    from ppo import make_train

    train = make_train({**CONFIG, "ENV_NAME": task, "TOTAL_TIMESTEPS": steps})
    keys = jax.vmap(jax.random.PRNGKey)(np.arange(seeds))
    began, cpu = time.perf_counter(), time.process_time()
    compiled = jax.jit(jax.vmap(train)).lower(keys).compile()
    compiled_at, cpu_then = time.perf_counter(), time.process_time()
    told = jax.block_until_ready(compiled(keys))["metrics"]
    ended, cpu_end = time.perf_counter(), time.process_time()
    returns, over = (np.asarray(told[name]) for name in ("returned_episode_returns", "returned_episode"))
    for seed, update, step, environment in np.argwhere(over):
        taken = (update * CONFIG["NUM_STEPS"] + step + 1) * CONFIG["NUM_ENVS"]
        print(seed, taken, returns[seed, update, step, environment])
    print("compile", compiled_at - began, cpu_then - cpu)
    print("run", ended - compiled_at, cpu_end - cpu_then)


if __name__ == "__main__":
    main()
