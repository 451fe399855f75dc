"""Raw steps a second of gymnax's environments. Prints `rate environments seconds-to-compile` of each round.

Run by the peers' Python with JAX: python gymnax_stepping.py TASK ENVIRONMENTS STEPS ROUNDS
"""

import sys
import time

import gymnax
import jax
import numpy as np


def main() -> None:
    """Compile once, then step: all environments at once, actions drawn beforehand, ended ones begun again."""
    task, environments, steps, rounds = sys.argv[1], *map(int, sys.argv[2:5])
    world, parameters = gymnax.make(task)
    actions = np.random.default_rng(0).integers(world.num_actions, size=(steps, environments))

    def run(key, state, actions):
        def step(carry, row):
            key, state = carry
            key, own = jax.random.split(key)
            keys = jax.random.split(own, environments)
            seen, state, reward, ended, _ = jax.vmap(world.step, in_axes=(0, 0, 0, None))(
                keys, state, row, parameters
            )
            return (key, state), (seen, reward, ended)

        return jax.lax.scan(step, (key, state), actions)

    key = jax.random.PRNGKey(0)
    _, state = jax.vmap(world.reset, in_axes=(0, None))(jax.random.split(key, environments), parameters)
    began = time.process_time()
    compiled = jax.jit(run).lower(key, state, actions).compile()
    compiling = time.process_time() - began
    for _ in range(rounds):
        began = time.process_time()
        (key, state), _ = jax.block_until_ready(compiled(key, state, actions))
        print(steps * environments / (time.process_time() - began), environments, compiling)


if __name__ == "__main__":
    main()
