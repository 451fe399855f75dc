"""`python -m tests.fuzz`: spoil many recordings, print what came of them."""

import argparse
import json
import math
import sys
import time
from pathlib import Path

from tests.fuzz.harness import fuzz


def main() -> int:
    """0 when nothing did harm to the side that stands for the app."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so many seconds")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that did harm")
    given = parser.parse_args()
    began = time.monotonic()
    counts = fuzz(given.inputs, given.seed, until=began + given.seconds, keep=given.keep)
    said = {**vars(counts), "inputs": counts.done.total(), "seconds": round(time.monotonic() - began)}
    sys.stdout.write(json.dumps(said) + "\n")
    return 1 if counts.harmed else 0


if __name__ == "__main__":
    sys.exit(main())
