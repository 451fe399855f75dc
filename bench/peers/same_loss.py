"""Whether our published Decision Transformer has the loss of Hugging Face's: same weights, data and batch.

    python -m bench.peers.same_loss                                    # at the published sizes
    python -m bench.peers.same_loss --fixture FILE.safetensors         # a small one, kept for the tests

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

from engine.learners.gpt2 import whole
from engine.learners.knobs import make
from engine.learners.published_transformer import PublishedNetwork, PublishedTransformerKnobs
from engine.learners.sequence_predictor import prediction_loss
from engine.tasks.dataset import Window
from engine.tasks.environment import Environment, Simulation
from engine.tasks.streams import Streams

DEVIATION = 0.3  # of the weights that are compared: far from 0, so that each of them matters


class Shape(Environment):
    """An environment of which only the shapes are known."""

    name, help, states, outcome_names, levels = "shape", "", 0, (), (1.0,)

    def __init__(self, features: int, actions: int, horizon: int) -> None:
        self.features, self.horizon, self.device = features, horizon, torch.device("cpu")
        self.action_names = tuple(map(str, range(actions)))

    def simulate(self, episodes: int, streams: Streams, group: int = 1) -> Simulation:
        """Never asked."""
        raise NotImplementedError

    def base_probabilities(self, observations: Tensor) -> Tensor:
        """Never asked."""
        raise NotImplementedError


def network(environment: Environment, **sizes: object) -> PublishedNetwork:
    """Ours, for one seed."""
    knobs = make(PublishedTransformerKnobs, sizes)
    return PublishedNetwork(environment, knobs, Streams((0,), "same loss", torch.device("cpu")))


def ours_from(theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The parameters of :class:`PublishedNetwork` from those of `transformers.DecisionTransformerModel`.

    Theirs embeds actions by a matrix, to which a discrete one is a row; and adds the same first entry of a
    table of positions to every token after the first normalisation.
    """
    ours = {
        "embed.observed.weight": theirs["embed_state.weight"].T,
        "embed.observed.bias": theirs["embed_state.bias"][None],
        "embed.asked.linear.weight": theirs["embed_return.weight"].T,
        "embed.asked.linear.bias": theirs["embed_return.bias"][None],
        "embed.acted.weight": theirs["embed_action.weight"].T + theirs["embed_action.bias"],
        "embed.time.weight": theirs["embed_timestep.weight"],
        "embedded.gain": theirs["embed_ln.weight"][None],
        "embedded.shift": (theirs["embed_ln.bias"] + theirs["encoder.wpe.weight"][0])[None],
        "final.gain": theirs["encoder.ln_f.weight"][None],
        "final.shift": theirs["encoder.ln_f.bias"][None],
        "predict_action.weight": theirs["predict_action.0.weight"].T,
        "predict_action.bias": theirs["predict_action.0.bias"][None],
    }
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
    ours = network(environment, **sizes)
    ours.load_state_dict(ours_from(theirs))
    window = Window(**{name: tensor[None] for name, tensor in batch.items()})
    with torch.no_grad():
        logits = ours(window.returns_to_go, window.observations, window.actions, window.times, whole)
        return float(prediction_loss(logits, window))


def their_model(environment: Environment, *, layers: int, heads: int, width: int) -> Any:
    """Hugging Face's, acting (nothing dropped), with a linear head: the logits of a categorical one."""
    from transformers import DecisionTransformerConfig, DecisionTransformerModel

    model = DecisionTransformerModel(
        DecisionTransformerConfig(
            state_dim=environment.features, act_dim=environment.actions, max_ep_len=environment.horizon,
            hidden_size=width, n_layer=layers, n_head=heads, action_tanh=False,
            n_positions=8, bos_token_id=None, eos_token_id=None,
        )
    ).eval()  # fmt: skip
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(DEVIATION * torch.randn(parameter.shape))
    return model


def their_loss(model: Any, batch: Mapping[str, Tensor], actions: int) -> float:
    """Cross-entropy of the actions in the mean over the steps that count."""
    with torch.no_grad():
        logits = model(
            states=batch["observations"],
            actions=functional.one_hot(batch["actions"], actions).float(),
            returns_to_go=batch["returns_to_go"][..., None],
            timesteps=batch["times"],
            attention_mask=batch["weights"].long(),
        ).action_preds
    counted = batch["weights"] > 0
    return float(functional.cross_entropy(logits[counted], batch["actions"][counted]))


def random_batch(environment: Environment, sequences: int, length: int) -> dict[str, Tensor]:
    """Sequences [B, L] of random steps; the first ends early."""
    first = torch.randint(environment.horizon - length + 1, (sequences, 1))
    weights = torch.ones(sequences, length)
    weights[0, length // 2 :] = 0
    return {
        "observations": torch.randn(sequences, length, environment.features),
        "times": first + torch.arange(length),
        "actions": torch.randint(environment.actions, (sequences, length)),
        "returns_to_go": torch.rand(sequences, length),
        "weights": weights,
    }


def main() -> None:
    """Print both losses, or keep what the tests compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fixture", type=Path, help="write weights, batch and loss to this file")
    fixture: Path | None = parser.parse_args().fixture
    torch.manual_seed(0)
    if fixture:
        environment, sequences, length = Shape(features=3, actions=3, horizon=8), 3, 5
        sizes = {"layers": 2, "heads": 2, "width": 8}
    else:
        environment, sequences, length = Shape(features=11, actions=3, horizon=1000), 64, 20
        sizes = {"layers": 3, "heads": 1, "width": 128}
    model = their_model(environment, **sizes)
    batch = random_batch(environment, sequences, length)
    weights = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if not name.startswith(("predict_state", "predict_return", "encoder.wte"))
    }
    theirs = their_loss(model, batch, environment.actions)
    ours = our_loss(environment, weights, batch, **sizes)
    print(f"Hugging Face's loss {theirs:.7f}, ours {ours:.7f}, difference {abs(ours - theirs):.1e}")
    if fixture:
        kept = {f"weights.{name}": tensor for name, tensor in weights.items()}
        kept |= {f"batch.{name}": tensor for name, tensor in batch.items()}
        save_file({**kept, "loss": torch.tensor(theirs)}, fixture)
        print(f"{fixture}: {fixture.stat().st_size} bytes")


if __name__ == "__main__":
    main()
