"""Whether our published Decision Transformer has the loss of Hugging Face's: same weights, data and batch.

    python -m bench.peers.same_loss                                    # at the published sizes
    python -m bench.peers.same_loss --fixture FILE.safetensors         # a small one, kept for the tests

Twice: numbered actions with a categorical head, by cross-entropy; and a box of them with the published head,
tanh, by squared error. Both with the same weights, whose shapes are the same.

Needs `transformers`, which this program does not. The test suite reads the fixture instead.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from engine.distributions.binned import Binned
from engine.distributions.family import Family
from engine.learners.gpt2 import whole
from engine.learners.heads import DETERMINISTIC, family_of
from engine.learners.knobs import make
from engine.learners.published_transformer import PublishedNetwork, PublishedTransformerKnobs
from engine.learners.sequence_predictor import prediction_loss, weighted_mean
from engine.tasks.dataset import Window
from engine.tasks.environment import Environment, Simulation
from engine.tasks.streams import Streams

KINDS = ("numbered", "box")
BINS = 3  # of each axis of a box, which the published head does not use
DEVIATION = 0.3  # of the weights that are compared: far from 0, so that each of them matters


class Shape(Environment):
    """An environment of which only the shapes are known."""

    name, help, states, outcome_names, levels = "shape", "", 0, (), (1.0,)

    def __init__(self, features: int, actions: int, horizon: int, *, box: bool = False) -> None:
        """`actions` that are numbered, or as many axes of a box of them."""
        self.features, self.horizon, self.device = features, horizon, torch.device("cpu")
        self.dimensions = actions if box else 0
        self.action_names = tuple(map(str, range(BINS * actions if box else actions)))

    @property
    def family(self) -> Family:
        """See :attr:`Environment.family`."""
        return Binned(self.dimensions, BINS) if self.dimensions else super().family

    def simulate(self, episodes: int, streams: Streams, group: int = 1) -> Simulation:
        """Never asked."""
        raise NotImplementedError

    def base_probabilities(self, observations: Tensor) -> Tensor:
        """Never asked."""
        raise NotImplementedError


def network(environment: Environment, **sizes: object) -> PublishedNetwork:
    """Ours, for one seed, in a box with the published head."""
    knobs = make(PublishedTransformerKnobs, {"head": DETERMINISTIC, **sizes})
    return PublishedNetwork(environment, knobs, Streams((0,), "same loss", torch.device("cpu")))


def ours_from(theirs: Mapping[str, Tensor], *, box: bool) -> dict[str, Tensor]:
    """The parameters of :class:`PublishedNetwork` from those of `transformers.DecisionTransformerModel`.

    Theirs embeds actions by a matrix, to which a discrete one is a row; and adds the same first entry of a
    table of positions to every token after the first normalisation.
    """
    ours = {
        "embed.observed.weight": theirs["embed_state.weight"].T,
        "embed.observed.bias": theirs["embed_state.bias"][None],
        "embed.asked.linear.weight": theirs["embed_return.weight"].T,
        "embed.asked.linear.bias": theirs["embed_return.bias"][None],
        "embed.time.weight": theirs["embed_timestep.weight"],
        "embedded.gain": theirs["embed_ln.weight"][None],
        "embedded.shift": (theirs["embed_ln.bias"] + theirs["encoder.wpe.weight"][0])[None],
        "final.gain": theirs["encoder.ln_f.weight"][None],
        "final.shift": theirs["encoder.ln_f.bias"][None],
        "predict_action.weight": theirs["predict_action.0.weight"].T,
        "predict_action.bias": theirs["predict_action.0.bias"][None],
    }
    weight, bias = theirs["embed_action.weight"].T, theirs["embed_action.bias"][None]
    if box:
        ours["embed.acted.weight"], ours["embed.acted.bias"] = weight, bias
    else:
        ours["embed.acted.weight"] = weight + bias
    width = len(theirs["embed_ln.weight"])
    for number in range(sum(name.endswith("ln_1.weight") for name in theirs)):
        block, own = f"encoder.h.{number}", f"blocks.{number}"
        for norm, name in (("ln_1", "before_attention"), ("ln_2", "before_perceptron")):
            ours[f"{own}.{name}.gain"] = theirs[f"{block}.{norm}.weight"][None]
            ours[f"{own}.{name}.shift"] = theirs[f"{block}.{norm}.bias"][None]
        weight, bias = theirs[f"{block}.attn.c_attn.weight"], theirs[f"{block}.attn.c_attn.bias"][None]
        ours[f"{own}.query.weight"], ours[f"{own}.query.bias"] = weight[:, :width], bias[:, :width]
        ours[f"{own}.key_value.weight"], ours[f"{own}.key_value.bias"] = weight[:, width:], bias[:, width:]
        for layer, name in (("attn.c_proj", "gathered"), ("mlp.c_fc", "wide"), ("mlp.c_proj", "narrow")):
            ours[f"{own}.{name}.weight"] = theirs[f"{block}.{layer}.weight"]
            ours[f"{own}.{name}.bias"] = theirs[f"{block}.{layer}.bias"][None]
    return {name: tensor[None].contiguous() for name, tensor in ours.items()}


def our_loss(
    environment: Environment, theirs: Mapping[str, Tensor], batch: Mapping[str, Tensor], **sizes: object
) -> float:
    """Our loss with their weights, on a batch [B, L] without the seed axis."""
    box = environment.dimensions > 0
    ours = network(environment, **sizes)
    ours.load_state_dict(ours_from(theirs, box=box))
    given = {name: tensor[None] for name, tensor in batch.items() if name != "moves"}
    if box:
        given["actions"] = batch["moves"][None]
    window = Window(**given)
    with torch.no_grad():
        raw = ours(window.returns_to_go, window.observations, window.actions, window.times, whole)
        if not box:
            return float(prediction_loss(raw, window))
        family = family_of(environment, DETERMINISTIC)
        return float(weighted_mean(family.surprise(family.rows(raw), window.actions), window))


def their_model(
    features: int, actions: int, horizon: int, *, box: bool, layers: int, heads: int, width: int
) -> Any:
    """Hugging Face's, acting (nothing dropped); numbered actions have a linear head, for their logits."""
    from transformers import DecisionTransformerConfig, DecisionTransformerModel

    return DecisionTransformerModel(
        DecisionTransformerConfig(
            state_dim=features, act_dim=actions, max_ep_len=horizon, hidden_size=width, n_layer=layers,
            n_head=heads, action_tanh=box, n_positions=8, bos_token_id=None, eos_token_id=None,
        )
    ).eval()  # fmt: skip


def their_loss(model: Any, batch: Mapping[str, Tensor], *, box: bool) -> float:
    """Cross-entropy, or squared error, of the actions in the mean over the steps that count."""
    moves = batch["moves"]
    with torch.no_grad():
        predicted = model(
            states=batch["observations"],
            actions=moves if box else functional.one_hot(batch["actions"], moves.shape[-1]).float(),
            returns_to_go=batch["returns_to_go"][..., None],
            timesteps=batch["times"],
            attention_mask=batch["weights"].long(),
        ).action_preds
    counted = batch["weights"] > 0
    if box:
        return float(functional.mse_loss(predicted[counted], moves[counted]))
    return float(functional.cross_entropy(predicted[counted], batch["actions"][counted]))


def random_batch(environment: Environment, sequences: int, length: int) -> dict[str, Tensor]:
    """Sequences [B, L] of random steps, the first of which ends early; `moves` are their actions in a box of
    as many axes as there are actions."""
    first = torch.randint(environment.horizon - length + 1, (sequences, 1))
    weights = torch.ones(sequences, length)
    weights[0, length // 2 :] = 0
    return {
        "observations": torch.randn(sequences, length, environment.features),
        "times": first + torch.arange(length),
        "actions": torch.randint(environment.actions, (sequences, length)),
        "moves": 2 * torch.rand(sequences, length, environment.actions) - 1,
        "returns_to_go": torch.rand(sequences, length),
        "weights": weights,
    }


def main() -> None:
    """Print both losses of both kinds, or keep what the tests compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fixture", type=Path, help="write weights, batch and losses to this file")
    fixture: Path | None = parser.parse_args().fixture
    torch.manual_seed(0)
    if fixture:
        shape, sequences, length = (3, 3, 8), 3, 5
        sizes = {"layers": 2, "heads": 2, "width": 8}
    else:
        shape, sequences, length = (11, 3, 1000), 64, 20
        sizes = {"layers": 3, "heads": 1, "width": 128}
    models = {kind: their_model(*shape, box=kind == "box", **sizes) for kind in KINDS}
    with torch.no_grad():
        for parameter in models["numbered"].parameters():
            parameter.copy_(DEVIATION * torch.randn(parameter.shape))
    models["box"].load_state_dict(models["numbered"].state_dict())
    batch = random_batch(Shape(*shape), sequences, length)
    weights = {
        name: tensor
        for name, tensor in models["numbered"].state_dict().items()
        if not name.startswith(("predict_state", "predict_return", "encoder.wte"))
    }
    kept = {f"weights.{name}": tensor for name, tensor in weights.items()}
    kept |= {f"batch.{name}": tensor for name, tensor in batch.items()}
    for kind, model in models.items():
        theirs = their_loss(model, batch, box=kind == "box")
        ours = our_loss(Shape(*shape, box=kind == "box"), weights, batch, **sizes)
        said = f"Hugging Face's loss {theirs:.7f}, ours {ours:.7f}, difference {abs(ours - theirs):.1e}"
        print(f"{kind} actions: {said}")
        kept[f"loss.{kind}"] = torch.tensor(theirs)
    if fixture:
        save_file(kept, fixture)
        print(f"{fixture}: {fixture.stat().st_size} bytes")


if __name__ == "__main__":
    main()
