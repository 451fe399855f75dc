"""The five probes (science.md, C7). Each is where a return-conditioned predictor is known to lose."""

from engine.audit.probe import Probe
from engine.errors import one_of

PROBES: tuple[Probe, ...] = (
    Probe(
        "luck",
        "Luck",
        "Does it take luck for skill?",
        task="gambling",  # 2205.15967: asked for 5, prediction gambles and gets −5
        asked=5.0,
    ),
    Probe(
        "out of range",
        "Out of range",
        "What does it do when asked for more than anyone ever got?",
        task="levels",  # no episode pays more than 3
        asked=6.0,
    ),
    Probe(
        "stitching",
        "Stitching",
        "Does it join halves that nobody showed together?",
        task="stitch",  # every demonstration pays 1; 2 is possible
        asked=2.0,
        knobs={"start": "uniform"},  # RL that starts from the base can never leave its support
    ),
    Probe(
        "rare data",
        "Rare data",
        "What does it make of an outcome that its data hardly hold?",
        task="tokens",  # the base reaches 8 once in 932 episodes
        asked=8.0,
        episodes=1024,
    ),
    Probe(
        "own data",
        "Own data",
        "Does it get worse when it learns from what it did itself?",
        task="echo(alpha=0.6)",  # 2205.06595: .60 is possible, prediction stays at .52
        asked=1.0,
        rounds=2,
    ),
)


def probe(name: str) -> Probe:
    """The probe of that name. Raises UserError where there is none."""
    for one in PROBES:
        if one.name == name:
            return one
    raise one_of("audit: probe", name, tuple(one.name for one in PROBES))
