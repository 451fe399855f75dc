"""Training steps a second of the Decision Transformer: ours, Hugging Face's, d3rlpy's and CORL's in turn.

    python -m bench.peers.decision_transformer --corl CORL/algorithms/offline/dt.py

The published sizes for Gym (three blocks, one head, width 128, 20 steps in three tokens each, 64 sequences,
dropout of a tenth), Hopper's shapes, one thread. A step is forward, loss, backward, clipped gradient where
theirs clips it, and AdamW, on one batch that is ready in memory. Ours has a categorical head with so many
actions as theirs has numbers. CORL is a file, not a package; without it the others are measured.
"""

import argparse
import ast
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from bench.peers.same_loss import Shape, random_batch
from engine.learners.gpt2 import dropout
from engine.learners.knobs import make
from engine.learners.optimiser import AdamW
from engine.learners.published_transformer import PublishedNetwork, PublishedTransformerKnobs
from engine.learners.sequence_predictor import prediction_loss
from engine.tasks.dataset import Window
from engine.tasks.streams import Streams

FEATURES, ACTIONS, HORIZON = 11, 3, 1000
LAYERS, HEADS, WIDTH, CONTEXT, SEQUENCES, DROPOUT = 3, 1, 128, 20, 64, 0.1
RATE, CLIP = 1e-4, 0.25
STEPS, ROUNDS = 3, 21

Step = Callable[[], object]


def ours(tokens: str, seeds: int = 1) -> Step:
    """One update of the published learner's network, for so many seeds."""
    environment = Shape(FEATURES, ACTIONS, HORIZON)
    streams = Streams(tuple(range(seeds)), "bench", torch.device("cpu"))
    knobs = make(PublishedTransformerKnobs, {"tokens": tokens})
    network = PublishedNetwork(environment, knobs, streams)
    optimiser = AdamW(list(network.parameters()), knobs.weight_decay)
    batch = random_batch(environment, SEQUENCES, CONTEXT)
    del batch["moves"]  # its actions in a box
    window = Window(**{name: tensor.expand(seeds, *tensor.shape) for name, tensor in batch.items()})
    dropped = dropout(streams, DROPOUT)

    def step() -> None:
        given = (window.returns_to_go, window.observations, window.actions, window.times)
        optimiser.step(prediction_loss(network(*given, dropped), window), RATE, CLIP)

    return step


def hugging_face(batch: dict[str, torch.Tensor]) -> Step:
    """transformers.DecisionTransformerModel with AdamW."""
    from transformers import DecisionTransformerConfig, DecisionTransformerModel

    model = DecisionTransformerModel(
        DecisionTransformerConfig(
            state_dim=FEATURES, act_dim=ACTIONS, max_ep_len=HORIZON, hidden_size=WIDTH, n_layer=LAYERS,
            n_head=HEADS, resid_pdrop=DROPOUT, embd_pdrop=DROPOUT, attn_pdrop=DROPOUT,
            bos_token_id=None, eos_token_id=None,
        )
    ).train()  # fmt: skip
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-4)

    def step() -> None:
        predicted = model(
            states=batch["observations"],
            actions=batch["moves"],
            returns_to_go=batch["returns_to_go"][..., None],
            timesteps=batch["times"],
            attention_mask=batch["mask"],
        ).action_preds
        _descend(model, optimiser, _squared(predicted, batch))

    return step


def d3rlpy(batch: dict[str, torch.Tensor]) -> Step:
    """d3rlpy's own update of its Decision Transformer."""
    from d3rlpy.algos import DecisionTransformerConfig
    from d3rlpy.models import VectorEncoderFactory

    learner = DecisionTransformerConfig(
        batch_size=SEQUENCES, context_size=CONTEXT, max_timestep=HORIZON + 1, num_heads=HEADS,
        num_layers=LAYERS, learning_rate=RATE,
        encoder_factory=VectorEncoderFactory([WIDTH], exclude_last_activation=True),
    ).create("cpu:0")  # fmt: skip
    learner.create_impl((FEATURES,), ACTIONS)
    implementation: Any = learner.impl
    implementation.modules.transformer.train()
    given = SimpleNamespace(
        observations=batch["observations"],
        actions=batch["moves"],
        returns_to_go=batch["returns_to_go"][..., None],
        timesteps=batch["times"],
        masks=batch["mask"],
    )
    return lambda: implementation.inner_update(given, 0)


def corl(batch: dict[str, torch.Tensor], file: Path) -> Step:
    """CORL's, whose model is taken out of its script."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    wanted = ("TransformerBlock", "DecisionTransformer")
    tree.body = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in wanted]
    names: dict[str, Any] = {"torch": torch, "nn": nn}
    exec("from typing import Optional", names)
    exec(compile(tree, str(file), "exec"), names)
    model = names["DecisionTransformer"](
        FEATURES, ACTIONS, CONTEXT, HORIZON, WIDTH, LAYERS, HEADS, DROPOUT, DROPOUT, DROPOUT
    ).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-4, betas=(0.9, 0.999))
    padded = ~batch["mask"].bool()

    def step() -> None:
        predicted = model(
            states=batch["observations"],
            actions=batch["moves"],
            returns_to_go=batch["returns_to_go"],
            time_steps=batch["times"],
            padding_mask=padded,
        )
        _descend(model, optimiser, _squared(predicted, batch))

    return step


def _squared(predicted: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    error = functional.mse_loss(predicted, batch["moves"], reduction="none")
    return (error * batch["mask"][..., None]).mean()


def _descend(model: nn.Module, optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimiser.step()


def _seconds(step: Step) -> float:
    """Of processor time for a step: what else the machine does is not counted."""
    began = time.process_time()
    for _ in range(STEPS):
        step()
    return (time.process_time() - began) / STEPS


def main() -> None:
    """Print steps a second, and ratios of the times taken in one round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corl", type=Path, help="its algorithms/offline/dt.py")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    batch = random_batch(Shape(FEATURES, ACTIONS, HORIZON), SEQUENCES, CONTEXT)
    batch["mask"] = torch.ones(SEQUENCES, CONTEXT)
    steps = {
        "ours": ours("three"),
        "ours, one token": ours("one"),
        "Hugging Face": hugging_face(batch),
        "d3rlpy": d3rlpy(batch),
    }
    if options.corl:
        steps["CORL"] = corl(batch, options.corl)
    for step in steps.values():
        step()
    taken: dict[str, list[float]] = {name: [] for name in steps}
    order = list(steps)
    for _ in range(options.rounds):
        for name in order:
            taken[name].append(_seconds(steps[name]))
        order = [*order[1:], order[0]]  # so that none always has the warmer machine
    base = np.array(taken["ours"])
    for name, seconds in taken.items():
        ratio = float(np.median(np.array(seconds) / base))
        print(f"{name}: {1 / statistics.median(seconds):.2f} steps/s; time of ours times {ratio:.2f}")


if __name__ == "__main__":
    main()
