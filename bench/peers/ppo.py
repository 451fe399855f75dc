"""PPO on CartPole: ours beside Stable-Baselines3's, CleanRL's and PureJaxRL's, same settings, one thread.

    python -m bench.peers.ppo speed  --python PYTHON --peers FOLDER
    python -m bench.peers.ppo curves --python PYTHON --peers FOLDER --seeds 10

PYTHON has stable-baselines3; beside its environment, in `jax`, is one for PureJaxRL. FOLDER has checkouts of
cleanrl and purejaxrl; without one, that is said and the others are measured. Everybody is a process of its
own, one after the other. The settings are CleanRL's: 4 environments of 128 steps, 4 epochs of 4 minibatches,
rate 2.5e-4 falling to 0, γ .99, λ .95, clipping at .2 of ratio and value, entropy .01, tanh networks of
64 × 64.

Speed is environment steps per second of processor time with learning, between a short and a longer training:
neither start nor compilation counts (PureJaxRL tells its own time for that). The last line
of each training is the whole process, by the clock.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.provenance import machine

PER_UPDATE = 4 * 128
TASK = "CartPole-v1"
KNOBS = {
    "environments": 4, "steps": 128, "minibatch": 128, "epochs": 4, "learning_rate": 2.5e-4, "discount": 0.99,
    "trace": 0.95, "clip_range": 0.2, "clip_value": True, "entropy_bonus": 0.01, "details": "published",
    "activation": "tanh", "kl_in": "none", "target_kl": 10.0,
}  # fmt: skip
THEIRS = Path(__file__).parent / "theirs"
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
WINDOWS = 10  # of a curve
PATIENCE = 600  # seconds for one training


@dataclass
class Training:
    """What one process did.

    Attributes:
        wall, processor: seconds of the whole process, start and compilation included.
        running: of processor time without these, where the training tells it.
        episodes: seed -> [(steps taken when it ended, return)].
    """

    wall: float
    processor: float
    running: float | None = None
    episodes: dict[int, list[tuple[int, float]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Contender:
    """Somebody who trains.

    Attributes:
        command: (seeds, first seed, steps) -> the command line.
        episode: a line of output -> (seed, steps, return), or None.
        together: whether one process trains several seeds.
        more: its environment variables.
    """

    command: Callable[[int, int, int], list[str]]
    episode: Callable[[str], tuple[int, int, float] | None]
    together: bool
    more: Mapping[str, str] = field(default_factory=dict)


def contenders(python: str, peers: Path | None) -> Iterator[tuple[str, Contender]]:
    """Who is there; who is not is said."""

    def numbers(line: str) -> tuple[int, int, float] | None:
        parts = line.split()
        if len(parts) not in (2, 3) or not parts[0].isdecimal():
            return None
        seed = int(parts[0]) if len(parts) == 3 else 0
        return seed, int(parts[-2]), float(parts[-1])

    def cleanrl(line: str) -> tuple[int, int, float] | None:
        if not line.startswith("global_step="):
            return None
        steps, earned = line.split(", episodic_return=")
        return 0, int(steps.removeprefix("global_step=")), float(earned.strip("[] \n"))

    python = str(Path(python).absolute())  # everybody starts in a folder of their own
    jax = str(Path(python).parents[2] / "jax" / "bin" / "python")
    yield (
        "ours",
        Contender(
            lambda seeds, first, steps: [
                sys.executable, "-m", "bench.peers.ppo", "ours", str(seeds), str(first), str(steps)
            ],
            numbers,
            together=True,
        ),
    )  # fmt: skip
    yield (
        "Stable-Baselines3",
        Contender(
            lambda _, first, steps: [
                python, str(THEIRS / "stable_baselines3_ppo.py"), TASK, str(first), str(steps)
            ],
            numbers,
            together=False,
        ),
    )  # fmt: skip
    for name, file in (("cleanrl", "cleanrl/ppo.py"), ("purejaxrl", "purejaxrl/ppo.py")):
        if peers is None or not (peers / name / file).exists():
            print(f"{name}: no {name}/{file} in the folder of peers (PEERS=folder); left out")
            continue
        where = (peers / name).resolve()
        if name == "cleanrl":
            yield (
                "CleanRL",
                Contender(
                    lambda _, first, steps, where=where: [
                        python, str(where / "cleanrl/ppo.py"), "--seed", str(first), "--no-cuda",
                        "--total-timesteps", str(steps), "--env-id", TASK,
                    ],
                    cleanrl,
                    together=False,
                    more={"PYTHONPATH": str(Path(python).absolute().parents[1] / "gymnasium-0.29.1")},
                ),
            )  # fmt: skip
        else:
            yield (
                "PureJaxRL",
                Contender(
                    lambda seeds, _, steps, where=where: [
                        jax, str(THEIRS / "purejaxrl_ppo.py"), str(where), TASK, str(seeds), str(steps)
                    ],
                    numbers,
                    together=True,
                ),
            )  # fmt: skip


def able(who: Iterable[tuple[str, Contender]]) -> Iterator[tuple[str, Contender]]:
    """Those whose shortest training ends well; the others are named, with what they said last."""
    for name, one in who:
        try:
            trained(one, 1, 0, 2 * PER_UPDATE)
        except RuntimeError as error:
            print(f"{name} is left out: {str(error).strip().splitlines()[-1]}", flush=True)
        else:
            yield name, one


def trained(one: Contender, seeds: int, first: int, steps: int) -> Training:
    """Run one training to its end.

    Raises:
        RuntimeError: with what it said, when it fails or does not end.
    """
    root = Path(__file__).parents[2]
    surroundings = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(root), **one.more}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                one.command(seeds, first, steps),
                cwd=folder,
                env=surroundings,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"did not end within {PATIENCE} s") from None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    training = Training(time.perf_counter() - began, used)
    for line in done.stdout.splitlines():
        if line.startswith("run "):
            training.running = float(line.split()[2])
        if (found := one.episode(line)) is not None:
            training.episodes.setdefault(found[0] + first, []).append(found[1:])
    return training


def ours(seeds: int, first: int, steps: int) -> None:
    """Train, and print `seed steps return` an episode, as peers' scripts do."""
    import torch  # here: whoever measures needs none of it

    from engine.learners.knobs import make
    from engine.learners.ppo import PPO
    from engine.learners.ppo_knobs import PPOKnobs
    from engine.tasks.make import make_environment
    from engine.tasks.segments import Segment
    from engine.tasks.streams import Streams

    torch.set_num_threads(1)
    cpu = torch.device("cpu")
    knobs = make(PPOKnobs, {**KNOBS, "anneal": max(1, steps // PER_UPDATE)})
    streams = Streams(tuple(range(first, first + seeds)), "train", cpu)
    ppo = PPO(make_environment(TASK, "", cpu), knobs, streams, cpu)
    earned = torch.zeros(seeds, knobs.environments)
    for update in range(steps // PER_UPDATE):
        ppo.gathered = []
        ppo.update()
        (segment,) = ppo.gathered
        assert isinstance(segment, Segment)
        told = segment.rewards.cumsum(-1) + earned[..., None]
        before = torch.zeros_like(earned)
        ends = torch.nonzero(segment.ended).tolist()
        for (seed, place, step), total in zip(ends, told[segment.ended].tolist(), strict=True):
            taken = update * PER_UPDATE + (step + 1) * knobs.environments
            print(seed, taken, total - float(before[seed, place]))
            before[seed, place] = total
        earned = told[..., -1] - before


def speed(who: Mapping[str, Contender], rounds: int) -> None:
    """Print environment steps a second, all seeds together; medians of paired ratios to ours with 8 seeds."""
    short, long = 4 * PER_UPDATE, 40 * PER_UPDATE
    kinds = [(name, seeds) for name, one in who.items() for seeds in ((1, 8, 32) if one.together else (1,))]
    rates: dict[tuple[str, int], list[float]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for name, seeds in kinds:
            whole = trained(who[name], seeds, 0, long)
            if whole.running is not None:  # compiling varies more than training takes
                rates[name, seeds].append(seeds * long / whole.running)
                continue
            used = whole.processor - trained(who[name], seeds, 0, short).processor
            rates[name, seeds].append(seeds * (long - short) / used)
    base = np.array(rates["ours", 8])
    for (name, seeds), found in rates.items():
        ratio = float(np.median(base / np.array(found)))
        print(
            f"{name}, {seeds} seed{'s'[: seeds > 1]}: {np.median(found):,.0f} steps a second; "
            f"ours with 8 seeds is {ratio:.2f} times that"
        )
    for name, one in who.items():
        if one.together:
            whole = trained(one, 8, 0, 200_000)
            print(
                f"{name}, 8 seeds, 200,000 steps each from a cold start: {whole.wall:.1f} s by the clock, "
                f"{whole.processor:.1f} s of processor time"
            )


def curves(who: Mapping[str, Contender], seeds: int, steps: int) -> None:
    """Print mean training returns of tenths of the training, and whether ours lie within each interval."""
    found: dict[str, np.ndarray] = {}
    for name, one in who.items():
        if one.together:
            episodes = trained(one, seeds, 0, steps).episodes
        else:
            episodes = {}
            for seed in range(seeds):
                episodes |= trained(one, 1, seed, steps).episodes
        found[name] = np.array([_tenths(episodes[seed], steps) for seed in range(seeds)])
    print(
        f"{TASK}, {seeds} seeds, {steps:,} steps; mean return in each tenth, ± 1.96 standard errors of seeds"
    )
    spans = {}
    for name, values in found.items():
        mean = values.mean(axis=0)
        error = 1.96 * values.std(axis=0, ddof=1) / np.sqrt(seeds)
        spans[name] = mean - error, mean + error
        print(f"{name}: " + ", ".join(f"{m:.0f} ± {e:.0f}" for m, e in zip(mean, error, strict=True)))
    low, high = spans["ours"]
    for name, (least, most) in spans.items():
        if name != "ours":
            within = (low <= most) & (high >= least)
            print(f"ours and {name}: intervals overlap in {within.sum()} of {WINDOWS} tenths")


def _tenths(episodes: list[tuple[int, float]], steps: int) -> np.ndarray:
    """Mean return of the episodes that ended in each tenth of the steps."""
    ends, returns = np.array(episodes).T
    place = np.minimum((ends - 1) * WINDOWS // steps, WINDOWS - 1).astype(int)
    return np.bincount(place, returns, WINDOWS) / np.bincount(place, minlength=WINDOWS)


def main() -> None:
    """Measure what is asked for."""
    if sys.argv[1:2] == ["ours"]:
        ours(*(int(number) for number in sys.argv[2:5]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("speed", "curves"))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=200_000)
    options = parser.parse_args()
    print(machine())
    who = dict(able(contenders(options.python, options.peers)))
    if options.what == "speed":
        speed(who, options.rounds)
    else:
        curves(who, options.seeds, options.steps)


if __name__ == "__main__":
    main()
