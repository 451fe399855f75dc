"""Every comparison, one after the other, each in a process of its own.

`make bench-peers` runs it in the environment that tools/peers makes. A comparison that fails is told, and the
others go on.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from engine.provenance import machine

PEERS = ("transformers", "d3rlpy")


def comparisons(peers: Path) -> Iterator[tuple[str, list[str]]]:
    """Modules of this folder with their arguments; `peers` has checkouts of those that are no packages."""
    yield "same_loss", []
    corl = peers / "CORL" / "algorithms" / "offline" / "dt.py"
    yield "decision_transformer", ["--corl", str(corl)] if corl.exists() else []
    others = ["--python", str(Path(sys.prefix) / "ppo" / "bin" / "python")]
    yield "ppo", ["speed", *others, "--peers", str(peers)]
    yield "ppo", ["curves", *others, "--peers", str(peers)]
    yield "stepping", ["--jax", str(Path(sys.prefix) / "jax" / "bin" / "python")]
    yield "oracles", others
    yield "histograms", others


def main() -> int:
    """Run them; the exit status counts those that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--peers", type=Path, default=Path("build/peers/checkouts"))
    peers: Path = parser.parse_args().peers
    print(machine())
    print(", ".join(f"{name} {version(name)}" for name in PEERS), flush=True)
    failed = 0
    for module, arguments in comparisons(peers):
        print(f"\n{module}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"bench.peers.{module}", *arguments], check=False)
        failed += done.returncode != 0
        if done.returncode:
            print(f"{module} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
