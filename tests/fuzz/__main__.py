"""`python -m tests.fuzz`: spoil many recordings, print what came of them: the counts so far, a line
of JSON about every 30 s and at the end."""

import argparse
import json
import math
import sys
import time
from pathlib import Path

from tests.fuzz.harness import Counts, fuzz


def main() -> int:
    """0 when nothing did harm."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first input; as `next` said")
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so many seconds")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that did harm")
    given = parser.parse_args()
    began = time.monotonic()

    def tell(counts: Counts) -> None:
        tried = counts.done.total()
        about = {"seed": given.seed, "next": given.first + tried, "inputs": tried}
        said = {**about, "seconds": round(time.monotonic() - began), **vars(counts)}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    until = began + given.seconds
    counts = fuzz(given.inputs, given.seed, first=given.first, until=until, keep=given.keep, tell=tell)
    tell(counts)
    return 1 if counts.harmed else 0


if __name__ == "__main__":
    sys.exit(main())
