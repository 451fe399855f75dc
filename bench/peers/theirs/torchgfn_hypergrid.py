"""What torchgfn tells of its hypergrid. Prints `partition seconds-exactly seconds-sampled distance` a round.

Run by the peers' own Python: python torchgfn_hypergrid.py SIDE DIMENSIONS EPISODES ROUNDS

Exactly: the grid made with all its states, log of the partition function and the true distribution. Sampled:
where a policy stops that takes every allowed action equally often, from so many episodes; its distance is the
total variation to where it stops in truth, by a table worked out here, outside the time taken.
"""

import itertools
import logging
import sys
import time

import numpy as np
import torch
from gfn.estimators import DiscretePolicyEstimator
from gfn.gym import HyperGrid
from gfn.preprocessors import IdentityPreprocessor
from gfn.samplers import Sampler
from gfn.utils.modules import DiscreteUniform


def stops(side: int, dimensions: int) -> np.ndarray:
    """[side, …] probability of stopping in each cell under the uniform policy."""
    reached, stopped = np.zeros((side,) * dimensions), np.zeros((side,) * dimensions)
    reached[(0,) * dimensions] = 1.0
    for cell in itertools.product(range(side), repeat=dimensions):  # whatever leads to a cell comes before it
        open_ways = [axis for axis in range(dimensions) if cell[axis] < side - 1]
        share = reached[cell] / (len(open_ways) + 1)
        stopped[cell] = share
        for axis in open_ways:
            reached[tuple(x + (axis == own) for own, x in enumerate(cell))] += share
    return stopped


def main() -> None:
    """Measure."""
    side, dimensions, episodes, rounds = map(int, sys.argv[1:5])
    torch.set_num_threads(1)
    logging.disable()
    truth = stops(side, dimensions)
    for _ in range(rounds):
        began = time.process_time()
        grid = HyperGrid(dimensions, side, calculate_partition=True, store_all_states=True)
        partition, distribution = grid.log_partition(), grid.true_dist()
        exactly = time.process_time() - began
        assert distribution.shape == (side**dimensions,)
        policy = DiscretePolicyEstimator(
            DiscreteUniform(grid.n_actions), grid.n_actions, IdentityPreprocessor(output_dim=dimensions)
        )
        began = time.process_time()
        found = Sampler(policy).sample_trajectories(grid, n=episodes, save_logprobs=False)
        cells = found.terminating_states.tensor.numpy()
        sampled = time.process_time() - began
        counts = np.zeros_like(truth)
        np.add.at(counts, tuple(cells.T), 1.0)
        distance = 0.5 * np.abs(counts / episodes - truth).sum()
        print(np.exp(float(partition)), exactly, sampled, distance)


if __name__ == "__main__":
    main()
