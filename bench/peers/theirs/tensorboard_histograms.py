"""The rows of bench/peers/histograms.py as TensorBoard's histograms. Prints `seconds bytes` a row.

Run by the peers' own Python: python tensorboard_histograms.py FILE FOLDER whole|contexts
FILE is an array [rows, contexts, actions] of NumPy. `whole` is one histogram a row of all its numbers,
`contexts` one of each context's.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter


def main() -> None:
    """Write them all; time that their thread takes counts, starting does not."""
    rows, folder, kind = torch.from_numpy(np.load(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(1)
    writer = SummaryWriter(folder)
    began = time.process_time()
    for step, row in enumerate(rows):
        if kind == "whole":
            writer.add_histogram("policy", row, step)
        else:
            for number, context in enumerate(row):
                writer.add_histogram(f"policy/{number}", context, step)
    writer.close()
    used = time.process_time() - began
    print(used / len(rows), sum(file.stat().st_size for file in folder.iterdir()) / len(rows))


if __name__ == "__main__":
    main()
